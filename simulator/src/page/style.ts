// The stylesheet of the pages, served at its own URL because the policy forbids inline styles.
export const style = `
:root { --ink: #211922; --soft: #6a6169; --line: #e6e0e4; --paper: #fff; --ground: #faf7f5; --red: #b3123b; --wash: #f6ecee; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f4eef2; --soft: #b3a8b0; --line: #3b3338; --paper: #262024; --ground: #1a1518; --red: #ff8aa5; --wash: #33262b; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: inherit; text-underline-offset: 0.18em; }
a:hover { color: var(--red); }
:focus-visible { outline: 3px solid var(--red); outline-offset: 2px; border-radius: 6px; }
header.top { display: flex; gap: 1rem 1.5rem; align-items: center; flex-wrap: wrap; padding: 1rem clamp(1rem, 4vw, 3rem); border-bottom: 1px solid var(--line); background: var(--paper); }
header.top .name { font-weight: 700; font-size: 1.1rem; text-decoration: none; display: flex; gap: 0.6rem; align-items: center; }
header.top .dot { width: 1.5rem; height: 1.5rem; border-radius: 50% 50% 50% 0; background: var(--red); transform: rotate(-45deg); }
header.top nav { display: flex; gap: 1.2rem; margin-left: auto; }
header.top .note { color: var(--soft); font-size: 0.9rem; }
main { padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 1500px; margin: 0 auto; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0.5rem 0 0.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.2rem; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 0.6rem; overflow-wrap: anywhere; }
p.meta, .meta { color: var(--soft); font-size: 0.92rem; margin: 0.1rem 0; overflow-wrap: anywhere; }
.tag { display: inline-block; padding: 0 0.55rem; border-radius: 1rem; background: var(--wash); color: var(--red); font-size: 0.8rem; font-weight: 600; }
.empty { color: var(--soft); border: 1px dashed var(--line); border-radius: 1rem; padding: 1.2rem; max-width: 46rem; }
ul.pins { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: 1.4rem 1.1rem; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); }
ul.pins li { min-width: 0; }
ul.pins .frame { display: block; border-radius: 1.1rem; overflow: hidden; background: var(--wash); aspect-ratio: 2 / 3; text-decoration: none; }
ul.pins .frame img { width: 100%; height: 100%; object-fit: cover; display: block; }
.nopicture { display: grid; place-items: center; height: 100%; min-height: 8rem; color: var(--soft); font-size: 0.9rem; text-align: center; padding: 1rem; }
ul.pins .title { display: block; font-weight: 600; margin-top: 0.5rem; text-decoration: none; overflow-wrap: anywhere; }
article.pin { display: grid; gap: 2rem; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); align-items: start; }
article.pin .frame { border-radius: 1.3rem; overflow: hidden; background: var(--wash); }
article.pin img { width: 100%; display: block; }
article.pin .words { white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.35rem 1.2rem; margin: 1.4rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: 0.88rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 0.8rem; padding: 1rem; overflow-x: auto; }
form.switches { display: grid; gap: 1rem; max-width: 52rem; }
fieldset { border: 1px solid var(--line); border-radius: 1rem; padding: 0.8rem 1.2rem 1.2rem; background: var(--paper); margin: 1rem 0; }
legend { font-weight: 600; padding: 0 0.4rem; }
.fields { display: grid; gap: 0.8rem 1.2rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); align-items: end; }
.fields p { margin: 0; }
.fields .wide { grid-column: span 2; }
label { display: grid; gap: 0.25rem; font-size: 0.92rem; color: var(--soft); }
input, select { font: inherit; color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.45rem 0.6rem; width: 100%; }
button { font: inherit; font-weight: 600; color: #fff; background: #a80f36; border: 0; border-radius: 2rem; padding: 0.55rem 1.3rem; cursor: pointer; }
button.quiet { background: transparent; color: var(--ink); border: 1px solid var(--line); }
.row { display: flex; gap: 0.7rem; flex-wrap: wrap; align-items: center; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; padding: 0.45rem 0.8rem 0.45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.box { max-width: 30rem; margin: 2rem auto; background: var(--paper); border: 1px solid var(--line); border-radius: 1.4rem; padding: 1.6rem 2rem 2rem; }
@media (max-width: 700px) { .fields .wide { grid-column: auto; } article.pin { grid-template-columns: 1fr; } ul.pins { grid-template-columns: repeat(2, minmax(0, 1fr)); } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 0.6rem; } }
`;
