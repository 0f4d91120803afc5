// Compares entity tags (RFC 9110, section 8.8.3) in the headers If-Match and If-None-Match.
//
// Proxies that compress a response change its tag, and clients send the changed tag: nginx makes "1" weak (W/"1"),
// others append the encoding inside the quotes ("1-gzip" by Apache, "1--gzip" by Jetty, "1;gzip"). Tags are therefore
// compared without these additions.

const tagPattern = /^(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
const encodingPattern = /(?:--?|;)(?:gzip|br|deflate|zstd)$/;

/** Returns true if a header's list of entity tags contains this tag, or is `*`, which matches every tag. */
export function namesTag(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  const opaque = etag.slice(1, -1);
  // Splitting at commas is safe, because Pintail's tags contain none.
  return header.split(',').some((member) => {
    const name = tagPattern.exec(member.trim())?.[1];
    return name === opaque || name?.replace(encodingPattern, '') === opaque;
  });
}
