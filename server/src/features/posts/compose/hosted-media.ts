// Media that a body names by the URL of the hosted copy, as answers show it: the same as naming it by its id.
import { hostedMediaId } from '../../media/index.ts';

interface Named {
  mediaUrl?: string | undefined;
  mediaId?: string | undefined;
}

interface NamedMedia extends Named {
  carousel?: Named[] | null | undefined;
  cover?: Named | null | undefined;
}

/**
 * Adds `mediaId` wherever `mediaUrl` is the URL of a hosted copy. `mediaUrl` stays, and names the field in a refusal.
 * @param publicUrl The URL of this server
 */
export function withHostedMedia<Body extends NamedMedia>(body: Body, publicUrl: string): Body {
  const { carousel, cover } = body;
  return {
    ...withId(body, publicUrl),
    ...(carousel && { carousel: carousel.map((slide) => withId(slide, publicUrl)) }),
    ...(cover && { cover: withId(cover, publicUrl) }),
  };
}

function withId<T extends Named>(named: T, publicUrl: string): T {
  if (named.mediaUrl === undefined || named.mediaId !== undefined) return named;
  const mediaId = hostedMediaId(named.mediaUrl, publicUrl);
  return mediaId === undefined ? named : { ...named, mediaId };
}
