// The pages for people, and the sample images.
import { request } from 'node:http';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { base64Source, openTest, seedDemo } from './harness.ts';

test('the page shows accounts, boards and Pins with picture, title, link and time', async () => {
  const sim = await openTest({ now: () => new Date('2026-03-01T09:30:00Z') });
  const { boardId } = await seedDemo(sim);
  const { body: pin } = await sim.api('POST', '/pins', {
    body: {
      board_id: boardId,
      title: 'Tomato salad',
      link: 'https://example.com/salad',
      alt_text: 'A plate',
      media_source: await base64Source(),
    },
  });
  for (const path of ['/', `/boards/${boardId}`, `/pin/${pin.id}/`, `/pin/${pin.id}`]) {
    const response = await fetch(sim.simulator.url + path);
    const page = await response.text();
    expect(response.status).toBe(200);
    for (const text of [
      'Recipes',
      'Tomato salad',
      'example.com',
      '2026-03-01 09:30:00 UTC',
      'alt="A plate"',
    ]) {
      expect(page).toContain(text);
    }
    const image = /src="(\/images\/[^"]+)"/.exec(page)?.[1];
    const preview = await fetch(sim.simulator.url + image);
    expect((await sharp(await preview.arrayBuffer()).metadata()).format).toBe('jpeg');
  }
});

test('user input is shown as text, never as markup, and the policy forbids scripts', async () => {
  const sim = await openTest();
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
  const { boardId } = await seedDemo(sim, {
    boards: [{ name: evil, description: evil, sections: [{ name: evil }] }],
  });
  const { body: pin } = await sim.api('POST', '/pins', {
    body: {
      board_id: boardId,
      title: evil,
      description: evil,
      alt_text: evil,
      link: 'https://example.com/"onmouseover="alert(1)',
      media_source: await base64Source(),
    },
  });
  for (const path of [
    '/',
    `/boards/${boardId}`,
    `/pin/${pin.id}/`,
    '/boards/%3Cscript%3E',
    '/pin/..%2f..%2fetc',
  ]) {
    const response = await fetch(sim.simulator.url + path);
    const page = await response.text();
    expect(page).not.toMatch(/<script|<img src=x|" ?onmouseover=/);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\/(?!example\.com)/);
  }
});

test('images are found by their digest only, never by a path', async () => {
  const sim = await openTest();
  for (const path of [
    '/images/600x/..%2f..%2fpackage.json',
    '/images/600x/nothing.jpg',
    '/samples/..%2findex.ts',
  ]) {
    expect((await fetch(sim.simulator.url + path)).status).toBe(404);
  }
});

test('the samples are images in a Pin’s format, and one can be published by its URL', async () => {
  const sim = await openTest();
  const { boardId } = await seedDemo(sim);
  const { samples } = (await (await fetch(`${sim.simulator.url}/samples/`)).json()) as {
    samples: { jpg: string; png: string }[];
  };
  expect(samples.length).toBeGreaterThanOrEqual(4);
  for (const [format, url] of [
    ['jpeg', samples[0]?.jpg],
    ['png', samples[0]?.png],
  ]) {
    const response = await fetch(url ?? '');
    expect(await sharp(await response.arrayBuffer()).metadata()).toMatchObject({
      format,
      width: 1000,
      height: 1500,
    });
  }
  const media_source = { source_type: 'image_url', url: samples[1]?.jpg };
  const { status, body } = await sim.api('POST', '/pins', { body: { board_id: boardId, media_source } });
  expect([status, body.media.images.originals.height]).toEqual([201, 1500]);
});

test('a fault set on the switch panel applies, and the panel shows it and the request', async () => {
  const sim = await openTest();
  const { boardId } = await seedDemo(sim);
  const send = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${sim.simulator.url}/switches${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'manual',
      headers,
    });
  const panel = async () => (await fetch(`${sim.simulator.url}/switches`)).text();

  expect((await send('/fault', { preset: 'lost', operation: 'pins/create', times: '1' })).status).toBe(303);
  const body = { board_id: boardId, media_source: await base64Source() };
  await expect(sim.api('POST', '/pins', { body })).rejects.toThrow();
  expect(await sim.pins()).toHaveLength(1);
  expect(await panel()).toMatch(/reset after/);

  await send('/settings', { 'listing.order': 'oldest', createStatus: '200', 'limits.enabled': 'false' });
  expect(await sim.control('GET', '/settings')).toMatchObject({
    createStatus: 200,
    listing: { order: 'oldest', delaySeconds: 0 },
    limits: { enabled: false },
  });
  expect(await panel()).toMatch(/<option value="oldest" selected>/);

  await send('/clear', {});
  expect(await panel()).toContain('No faults are set.');
  const before = Date.parse((await sim.control('GET', '/clock')).now);
  await send('/clock', { seconds: '3600' });
  expect(Date.parse((await sim.control('GET', '/clock')).now) - before).toBeGreaterThanOrEqual(3_600_000);
});

test('the switch panel and the control interface refuse invalid input and forms of other sites', async () => {
  const sim = await openTest();
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(sim.simulator.url + path, { method: 'POST', body, headers, redirect: 'manual' });
  for (const [path, body] of [
    ['/switches/fault', 'preset=none'],
    ['/switches/fault', 'preset=lost&operation=pins/create&times=x'],
    ['/switches/settings', 'listing.order=sideways'],
    ['/switches/clock', 'seconds=soon'],
  ] as const) {
    expect((await post(path, body)).status).toBe(400);
  }
  for (const path of ['/switches/clear', '/switches/clock', '/_control/reset', '/_control/seed']) {
    expect((await post(path, '', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post(path, '', { origin: 'http://evil.example' })).status).toBe(403);
  }
});

test('requests to another host name are refused: a page could make its own name lead here', async () => {
  const sim = await openTest();
  const { port } = new URL(sim.simulator.url);
  const ask = (path: string, host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      })
        .on('error', reject)
        .end();
    });
  for (const path of ['/', '/_control/state', '/_control/pins', '/samples/', '/v5/user_account']) {
    expect([path, await ask(path, 'evil.example:8788')]).toEqual([path, 403]);
    expect(await ask(path, `localhost:${port}`)).not.toBe(403);
  }
});
