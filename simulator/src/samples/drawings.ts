// Sample images in the format of Pins, drawn in code so that a first try needs no network and no files.
// Only gradients and shapes: no fonts, which differ from machine to machine.
export const sampleWidth = 1000;
export const sampleHeight = 1500;

export interface Sample {
  name: string;
  title: string;
  drawing: string;
}

interface Point {
  x: number;
  y: number;
}

/** Returns points evenly distributed around a center, for petals, leaves and plates. */
function around(centre: Point, radius: number, count: number, turn = 0): (Point & { degrees: number })[] {
  return Array.from({ length: count }, (_, index) => {
    const degrees = turn + (360 / count) * index;
    const angle = (degrees * Math.PI) / 180;
    return {
      x: Math.round(centre.x + radius * Math.cos(angle)),
      y: Math.round(centre.y + radius * Math.sin(angle)),
      degrees: Math.round(degrees),
    };
  });
}

function svg(definitions: string, shapes: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${sampleWidth}" height="${sampleHeight}" viewBox="0 0 1000 1500"><defs>${definitions}</defs>${shapes}</svg>`;
}

function gradient(id: string, from: string, to: string, middle?: string): string {
  const stops = middle === undefined ? '' : `<stop offset="0.55" stop-color="${middle}"/>`;
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${from}"/>${stops}<stop offset="1" stop-color="${to}"/></linearGradient>`;
}

const shadow =
  '<filter id="shadow" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="18"/></filter>';

function recipe(): string {
  const plate = { x: 500, y: 800 };
  const tomatoes = around(plate, 190, 7, 12)
    .map(
      ({ x, y }) =>
        `<circle cx="${x}" cy="${y}" r="66" fill="#d9432f"/><circle cx="${x - 18}" cy="${y - 20}" r="16" fill="#f08a72"/>`,
    )
    .join('');
  const leaves = around(plate, 110, 9, 30)
    .map(
      ({ x, y, degrees }) =>
        `<ellipse cx="${x}" cy="${y}" rx="62" ry="24" fill="${degrees % 3 ? '#4f8a3c' : '#6fa84f'}" transform="rotate(${degrees + 40} ${x} ${y})"/>`,
    )
    .join('');
  const cheese = around(plate, 120, 5, 50)
    .map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="44" fill="#fffaf0"/>`)
    .join('');
  const stripes = Array.from(
    { length: 11 },
    (_, index) =>
      `<rect x="${index * 100 - 20}" y="0" width="34" height="1500" fill="#ffffff" opacity="0.28"/>`,
  ).join('');
  return svg(
    gradient('cloth', '#f7d9b9', '#eab88a') + shadow,
    `<rect width="1000" height="1500" fill="url(#cloth)"/>${stripes}
    <ellipse cx="510" cy="840" rx="400" ry="400" fill="#6b3f1d" opacity="0.35" filter="url(#shadow)"/>
    <circle cx="500" cy="800" r="390" fill="#fdfbf7"/><circle cx="500" cy="800" r="300" fill="#f1ebe1"/>
    ${leaves}${tomatoes}${cheese}
    <circle cx="500" cy="800" r="58" fill="#d9432f"/><ellipse cx="500" cy="770" rx="70" ry="22" fill="#5b9945" transform="rotate(-24 500 770)"/>
    <g transform="rotate(16 850 250)"><rect x="828" y="60" width="36" height="330" rx="18" fill="#b98352"/><ellipse cx="846" cy="60" rx="58" ry="84" fill="#c79565"/></g>
    <circle cx="180" cy="260" r="120" fill="#fdfbf7"/><circle cx="180" cy="260" r="92" fill="#7a8f2a"/><circle cx="150" cy="230" r="22" fill="#a9bd57"/>`,
  );
}

function garden(): string {
  const colours = ['#f2789f', '#ffd166', '#f78c6b', '#b388eb', '#ff99c8'];
  const flowers = Array.from({ length: 16 }, (_, index) => {
    const centre = { x: 70 + ((index * 263) % 900), y: 620 + ((index * 347) % 640) };
    const size = 34 + ((index * 17) % 30);
    const stem = `<path d="M${centre.x} ${centre.y} q 20 160 ${index % 2 ? 24 : -24} ${1500 - centre.y}" stroke="#3d7a45" stroke-width="12" fill="none"/>`;
    const petals = around(centre, size, 8, index * 9)
      .map(
        ({ x, y, degrees }) =>
          `<ellipse cx="${x}" cy="${y}" rx="${size}" ry="${size * 0.55}" fill="${colours[index % colours.length]}" transform="rotate(${degrees} ${x} ${y})"/>`,
      )
      .join('');
    return `${stem}${petals}<circle cx="${centre.x}" cy="${centre.y}" r="${size * 0.6}" fill="#fff3c4"/>`;
  }).join('');
  return svg(
    gradient('sky', '#bfe7f5', '#f6fbe9') + gradient('grass', '#8ccf7e', '#3f8f4f'),
    `<rect width="1000" height="1500" fill="url(#sky)"/>
    <circle cx="780" cy="230" r="120" fill="#ffe08a"/><circle cx="780" cy="230" r="170" fill="#ffe08a" opacity="0.35"/>
    <path d="M0 720 Q 260 560 540 690 T 1000 640 V1500 H0 Z" fill="#a9d99a"/>
    <path d="M0 860 Q 300 740 620 850 T 1000 810 V1500 H0 Z" fill="url(#grass)"/>${flowers}`,
  );
}

function interior(): string {
  const leaves = around({ x: 190, y: 760 }, 120, 9, -180)
    .filter(({ degrees }) => degrees < 20)
    .map(
      ({ x, y, degrees }) =>
        `<ellipse cx="${x}" cy="${y}" rx="130" ry="38" fill="${degrees % 2 ? '#4d7c5f' : '#6d9b7c'}" transform="rotate(${degrees} ${x} ${y})"/>`,
    )
    .join('');
  return svg(
    gradient('wall', '#f4ede4', '#e6d7c6') + gradient('floor', '#c69c72', '#a87a51') + shadow,
    `<rect width="1000" height="1500" fill="url(#wall)"/><rect y="1180" width="1000" height="320" fill="url(#floor)"/>
    <rect x="380" y="180" width="460" height="560" rx="230" fill="#cfe3ea"/><path d="M380 620 Q 520 480 640 600 T 840 560 V740 H380 Z" fill="#a7c9b1"/><circle cx="700" cy="350" r="60" fill="#fff1c9"/>
    <rect x="600" y="180" width="16" height="560" fill="#ffffff"/><rect x="380" y="470" width="460" height="14" fill="#ffffff"/>
    <ellipse cx="610" cy="1290" rx="390" ry="50" fill="#5d3f26" opacity="0.35" filter="url(#shadow)"/>
    <rect x="300" y="860" width="640" height="260" rx="70" fill="#d98b6a"/><rect x="250" y="990" width="740" height="230" rx="60" fill="#e39f80"/>
    <rect x="330" y="960" width="280" height="130" rx="40" fill="#eeb497"/><rect x="630" y="960" width="280" height="130" rx="40" fill="#eeb497"/>
    <rect x="690" y="880" width="170" height="150" rx="34" fill="#f7e3c3" transform="rotate(10 775 955)"/>
    <rect x="330" y="1210" width="26" height="80" fill="#7a4f2d"/><rect x="890" y="1210" width="26" height="80" fill="#7a4f2d"/>
    ${leaves}<rect x="176" y="760" width="28" height="240" fill="#6b4a2f"/><path d="M100 1000 H280 L255 1260 H125 Z" fill="#fbfaf7"/><path d="M100 1000 H280 L276 1050 H104 Z" fill="#e8e2d8"/>`,
  );
}

function travel(): string {
  const windows = Array.from(
    { length: 24 },
    (_, index) =>
      `<rect x="${150 + (index % 6) * 120}" y="${960 + Math.floor(index / 6) * 110}" width="44" height="62" rx="22" fill="#2f5d7c" opacity="0.8"/>`,
  ).join('');
  return svg(
    gradient('dusk', '#ffb88c', '#fbe3c0', '#ffd6a5') + gradient('sea', '#3fa7b8', '#14647c'),
    `<rect width="1000" height="1500" fill="url(#dusk)"/><circle cx="320" cy="420" r="150" fill="#fff0c9"/>
    <path d="M0 640 L180 460 L330 600 L520 380 L700 600 L850 500 L1000 620 V900 H0 Z" fill="#c98a86" opacity="0.7"/>
    <rect y="760" width="1000" height="240" fill="url(#sea)"/>
    <path d="M700 800 h150 l-30 44 h-90 Z" fill="#ffffff"/><path d="M770 800 V670 l70 118 Z" fill="#fff3e2"/>
    <path d="M0 1500 V900 h140 v-60 h180 v50 h200 v-90 h160 v110 h150 v-40 h170 V1500 Z" fill="#fdf6ec"/>
    <path d="M520 800 a80 80 0 0 1 160 0 Z" fill="#3d7ea6"/><path d="M140 840 a90 80 0 0 1 180 0 Z" fill="#3d7ea6"/>${windows}
    <path d="M0 1420 Q 250 1360 500 1430 T 1000 1400 V1500 H0 Z" fill="#d977a0"/>`,
  );
}

function workshop(): string {
  const yarns = [
    [260, 980, 170, '#e07a5f'],
    [600, 1060, 210, '#81b29a'],
    [810, 860, 140, '#f2cc8f'],
    [430, 760, 130, '#7d8cc4'],
  ] as const;
  const balls = yarns
    .map(([x, y, radius, colour]) => {
      const threads = [-50, -20, 10, 40, 70]
        .map(
          (degrees) =>
            `<ellipse cx="${x}" cy="${y}" rx="${radius * 0.95}" ry="${radius * 0.38}" fill="none" stroke="#ffffff" stroke-opacity="0.4" stroke-width="9" transform="rotate(${degrees} ${x} ${y})"/>`,
        )
        .join('');
      return `<ellipse cx="${x}" cy="${y + radius * 0.9}" rx="${radius}" ry="26" fill="#4a3b33" opacity="0.3" filter="url(#shadow)"/><circle cx="${x}" cy="${y}" r="${radius}" fill="${colour}"/>${threads}`;
    })
    .join('');
  return svg(
    gradient('room', '#fdf0e1', '#f0d9bf') + shadow,
    `<rect width="1000" height="1500" fill="url(#room)"/><rect y="1120" width="1000" height="380" fill="#d9b48a"/>
    <g stroke="#b07f4f" stroke-width="22" stroke-linecap="round"><path d="M250 380 L470 760"/><path d="M560 330 L410 770"/></g><circle cx="248" cy="376" r="30" fill="#8a5a33"/><circle cx="562" cy="326" r="30" fill="#8a5a33"/>
    ${balls}<path d="M600 1270 q 120 80 230 20 t 240 60" stroke="#81b29a" stroke-width="14" fill="none"/>`,
  );
}

function fashion(): string {
  const dots = Array.from(
    { length: 36 },
    (_, index) =>
      `<circle cx="${Math.round(230 + ((index * 0.618) % 1) * 540)}" cy="${500 + index * 22}" r="13" fill="#ffffff" opacity="0.75"/>`,
  ).join('');
  return svg(
    `${gradient('back', '#e9e4f7', '#cfc3ee')}<clipPath id="dress"><path d="M400 430 Q500 520 600 430 L640 700 L800 1300 Q500 1390 200 1300 L360 700 Z"/></clipPath>`,
    `<rect width="1000" height="1500" fill="url(#back)"/><circle cx="500" cy="800" r="520" fill="#ffffff" opacity="0.4"/>
    <path d="M500 330 q -6 -70 44 -76 q 50 2 40 60" stroke="#7a6a5a" stroke-width="14" fill="none"/><path d="M500 330 L300 440 H700 Z" fill="none" stroke="#7a6a5a" stroke-width="16" stroke-linejoin="round"/>
    <g clip-path="url(#dress)"><rect width="1000" height="1500" fill="#d3547d"/>${dots}<rect y="690" width="1000" height="44" fill="#8e2f52"/></g>
    <ellipse cx="500" cy="1400" rx="300" ry="26" fill="#6d5aa0" opacity="0.25"/>`,
  );
}

export const samples: readonly Sample[] = [
  { name: 'recipe', title: 'Tomato salad on a summer table', drawing: recipe() },
  { name: 'garden', title: 'A garden in bloom', drawing: garden() },
  { name: 'interior', title: 'A warm living room', drawing: interior() },
  { name: 'travel', title: 'White houses by the sea', drawing: travel() },
  { name: 'workshop', title: 'Yarn for winter evenings', drawing: workshop() },
  { name: 'fashion', title: 'A dotted summer dress', drawing: fashion() },
];
