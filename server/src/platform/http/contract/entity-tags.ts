// Compares entity tags (RFC 9110, section 8.8.3) in the headers If-Match and If-None-Match.
//
// Proxies that compress an answer rename its tag, and clients send the renamed tag: nginx makes "1" weak
// (W/"1"), others append the encoding inside the quotes ("1-gzip" by Apache, "1--gzip" by Jetty, "1;gzip"). A tag is
// therefore compared by its opaque part, without these.

const tagPattern = /^(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
const encodingPattern = /(?:--?|;)(?:gzip|br|deflate|zstd)$/;

/** Whether a header's list of entity tags contains this tag, or is `*`, which matches every tag. */
export function namesTag(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  const opaque = etag.slice(1, -1);
  // Pintail's tags contain no comma, so a tag that this splits is not one of them.
  return header.split(',').some((member) => {
    const name = tagPattern.exec(member.trim())?.[1];
    return name === opaque || name?.replace(encodingPattern, '') === opaque;
  });
}
