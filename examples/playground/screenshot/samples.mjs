// Draws the sample media of ../samples: pictures and frames in Chromium, video and sound with ffmpeg.
// They are ours alone, so the playground carries no foreign pictures.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./browser.mjs";

const out = fileURLToPath(new URL("../samples/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "samples-"));
mkdirSync(out, { recursive: true });
const ffmpeg = (...words) => execFileSync("ffmpeg", ["-y", "-loglevel", "error", "-bitexact", ...words]);

const wall = (a, b) => `<defs><linearGradient id="w" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${a}"/>
  <stop offset="1" stop-color="${b}"/></linearGradient></defs><rect width="960" height="720" fill="url(#w)"/>`;
const table = (color) => `<rect y="560" width="960" height="160" fill="${color}"/><rect y="560" width="960" height="8" fill="#0002"/>`;
const drop = (x, y, s = 1) => `<path transform="translate(${x} ${y}) scale(${s})" d="M0-22C10-6 14 0 14 8a14 14 0 0 1-28 0c0-8 4-14 14-30z" fill="#8b5a34"/>`;
const machine = (drips) => `
  <ellipse cx="480" cy="600" rx="270" ry="26" fill="#0003"/>
  <rect x="250" y="150" width="460" height="130" rx="26" fill="#c9372c"/><rect x="250" y="150" width="460" height="46" rx="23" fill="#e04b3f"/>
  <rect x="560" y="260" width="150" height="330" rx="14" fill="#b02d23"/><rect x="230" y="560" width="500" height="42" rx="14" fill="#3a3f47"/>
  <rect x="250" y="546" width="300" height="18" rx="6" fill="#9aa3ad"/>
  <circle cx="635" cy="216" r="34" fill="#f7f3ea"/><circle cx="635" cy="216" r="34" fill="none" stroke="#30343a" stroke-width="6"/>
  <path d="M635 216l16-18" stroke="#c9372c" stroke-width="6" stroke-linecap="round"/>
  <circle cx="300" cy="236" r="13" fill="#f7f3ea"/><circle cx="345" cy="236" r="13" fill="#ffd257"/><circle cx="390" cy="236" r="13" fill="#f7f3ea"/>
  <rect x="330" y="280" width="140" height="44" rx="10" fill="#9aa3ad"/><rect x="318" y="324" width="164" height="26" rx="8" fill="#5d6670"/>
  <rect x="476" y="326" width="120" height="20" rx="10" fill="#2b2f35"/><path d="M378 350h44l-8 26h-28z" fill="#5d6670"/>
  <path d="M340 470h120l-12 76h-96z" fill="#f7f3ea"/><path d="M458 486c34-4 34 42-6 40" fill="none" stroke="#f7f3ea" stroke-width="12"/>
  ${drips}`;
const scenes = {
  machine: wall("#f6e7d3", "#e9cfae") + table("#8d6748") + machine(`${drop(400, 410)}${drop(488, 372, .8)}${drop(500, 440, .7)}${drop(322, 400, .7)}
    <ellipse cx="520" cy="552" rx="60" ry="7" fill="#8b5a34"/>`),
  gasket: wall("#dfe9ef", "#c2d3dd") + table("#5f7482") + `
    <ellipse cx="480" cy="470" rx="290" ry="120" fill="#0003"/>
    <ellipse cx="480" cy="420" rx="280" ry="150" fill="none" stroke="#23272c" stroke-width="64"/>
    <ellipse cx="480" cy="410" rx="280" ry="150" fill="none" stroke="#3a4047" stroke-width="40"/>
    <path d="M690 500l40 34m-20-60l50 20" stroke="#e9eef2" stroke-width="7" stroke-linecap="round"/>
    <circle cx="722" cy="505" r="76" fill="none" stroke="#e0483b" stroke-width="10"/>`,
  parts: wall("#f3f1ea", "#e2ddcf") + `
    <g stroke="#23272c" stroke-width="4" fill="#c3cad1"><rect x="120" y="120" width="200" height="60" rx="14"/><ellipse cx="220" cy="290" rx="100" ry="40"/>
    <ellipse cx="220" cy="290" rx="64" ry="22" fill="#f3f1ea"/><ellipse cx="220" cy="410" rx="96" ry="38" fill="#3a4047"/><ellipse cx="220" cy="410" rx="60" ry="20" fill="#f3f1ea"/>
    <path d="M124 500h192l-30 110H154z"/><rect x="420" y="150" width="180" height="180" rx="90"/><circle cx="510" cy="240" r="40" fill="#f3f1ea"/>
    <path d="M430 430h320a30 30 0 0 1 0 60H430z" fill="#8d6748"/><circle cx="430" cy="460" r="78"/><circle cx="430" cy="460" r="50" fill="#3a4047"/>
    <path d="M700 140l60 60-16 16-60-60zM770 210l70 140-30 15-60-140z" fill="#e0a33b"/></g>
    <g font-family="sans-serif" font-size="34" font-weight="700" fill="#c9372c"><text x="345" y="162">1</text><text x="345" y="302">2</text><text x="345" y="422">3</text><text x="345" y="562">4</text><text x="625" y="252">5</text><text x="780" y="472">6</text></g>`,
  beans: wall("#d9e7d6", "#b9d0b4") + table("#7a5a3f") + `
    <ellipse cx="480" cy="610" rx="220" ry="24" fill="#0003"/><path d="M320 170h320l26 430H294z" fill="#2f4a3a"/><path d="M320 170h320l4 56H316z" fill="#22372b"/>
    <rect x="360" y="300" width="240" height="190" rx="14" fill="#f3ead8"/>
    <text x="480" y="370" font-family="serif" font-size="42" font-weight="700" text-anchor="middle" fill="#2f4a3a">Bean &amp; Brew</text>
    <text x="480" y="420" font-family="sans-serif" font-size="26" text-anchor="middle" fill="#5b4a38">House blend · 1 kg</text>
    ${[[200, 630], [250, 650], [720, 640], [770, 620], [690, 662], [300, 668], [640, 676]].map(([x, y], i) =>
    `<g transform="translate(${x} ${y}) rotate(${i * 47})"><ellipse rx="30" ry="20" fill="#5a3520"/><path d="M-28 0C-10-10 10 10 28 0" stroke="#2f1a0e" stroke-width="4" fill="none"/></g>`).join("")}`,
};
const svg = (inner, box = "0 0 960 720") => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}">${inner}</svg>`;

const browser = await start();
const page = await browser.newPage();
async function shot(markup, width, height, options) {
  await page.setViewportSize({ width, height });
  await page.setContent(`<style>html,body{margin:0;background:transparent}svg{display:block;width:100vw;height:100vh}</style>${markup}`);
  return page.screenshot(options);
}

for (const [name, inner] of Object.entries(scenes)) {
  writeFileSync(join(out, `${name}.jpg`), await shot(svg(inner), 960, 720, { type: "jpeg", quality: 82 }));
}

// A film of the machine brewing: the cup fills, drops fall.
const steam = (t) => [0, 1, 2].map((i) => `<path d="M${370 + i * 30} ${450 - ((t * 40 + i * 20) % 60)}q14-16 0-32t0-32" stroke="#fff" stroke-opacity="${.7 - ((t * 40 + i * 20) % 60) / 90}" stroke-width="8" fill="none" stroke-linecap="round"/>`).join("");
for (let i = 0; i < 45; i++) {
  const t = i / 15;
  const film = wall("#f6e7d3", "#e9cfae") + table("#8d6748") + machine(`${drop(400, 385 + ((t * 160) % 80), .9)}${drop(400, 385 + ((t * 160 + 40) % 80), .7)}${steam(t)}`);
  writeFileSync(join(work, `brew${String(i).padStart(3, "0")}.png`), await shot(svg(film, "0 90 960 540"), 480, 270, { type: "png" }));
  const wave = Math.sin(t * 8) * 24;
  const face = `<rect width="240" height="240" fill="#6fb1d8"/><circle cx="120" cy="270" r="110" fill="#2d6a4f"/><circle cx="120" cy="112" r="58" fill="#f0c9a4"/>
    <path d="M60 104c0-74 120-74 120 0-20-34-100-34-120 0z" fill="#4b2e1e"/><circle cx="100" cy="112" r="6" fill="#23272c"/><circle cx="140" cy="112" r="6" fill="#23272c"/>
    <path d="M98 ${134}q22 ${14 + Math.abs(wave) / 3} 44 0" stroke="#8b3a2f" stroke-width="6" fill="none" stroke-linecap="round"/>
    <g transform="rotate(${wave} 206 200)"><rect x="196" y="120" width="22" height="90" rx="11" fill="#f0c9a4"/></g>`;
  writeFileSync(join(work, `face${String(i).padStart(3, "0")}.png`), await shot(svg(face, "0 0 240 240"), 240, 240, { type: "png" }));
}
const film = ["-c:v", "libx264", "-preset", "veryslow", "-crf", "30", "-pix_fmt", "yuv420p", "-movflags", "+faststart"];
ffmpeg("-framerate", "15", "-i", join(work, "brew%03d.png"), ...film, join(out, "brewing.mp4"));
ffmpeg("-framerate", "15", "-i", join(work, "face%03d.png"), ...film, join(out, "hello.mp4"));
ffmpeg("-framerate", "15", "-i", join(work, "brew%03d.png"), "-vf", "fps=8,scale=240:-1,split[a][b];[a]palettegen=max_colors=48[p];[b][p]paletteuse", join(out, "steam.gif"));

// A sticker: a cup that smiles, with a white rim and no background.
const cup = `<g stroke="#fff" stroke-width="26" stroke-linejoin="round" fill="#fff"><path id="c" d="M110 190h240l-26 200H136z"/><path d="M346 220c90-10 90 120-14 110" fill="none" stroke-width="62"/></g>
  <path d="M346 220c90-10 90 120-14 110" fill="none" stroke="#e0483b" stroke-width="30"/><path d="M110 190h240l-26 200H136z" fill="#e0483b"/><ellipse cx="230" cy="190" rx="120" ry="30" fill="#5a3520"/>
  <circle cx="190" cy="280" r="14" fill="#23272c"/><circle cx="270" cy="280" r="14" fill="#23272c"/><path d="M196 316q34 40 68 0" stroke="#23272c" stroke-width="12" fill="none" stroke-linecap="round"/>
  <g stroke="#cfd6dc" stroke-width="16" fill="none" stroke-linecap="round"><path d="M180 140q20-26 0-52t0-48"/><path d="M240 140q20-26 0-52t0-48"/><path d="M300 140q20-26 0-52t0-48"/></g>`;
writeFileSync(join(work, "cup.png"), await shot(svg(cup, "0 0 480 480"), 512, 512, { type: "png", omitBackground: true }));
ffmpeg("-i", join(work, "cup.png"), "-c:v", "libwebp", "-quality", "80", join(out, "cup.webp"));

await page.setContent(`<style>body{font:14px sans-serif;margin:48px;color:#23272c}table{width:100%;border-collapse:collapse;margin:32px 0}td{border-bottom:1px solid #ccc;padding:10px 0}td:last-child{text-align:right}</style>
  <h1>Bean &amp; Brew</h1><p>Invoice 2048</p><table><tr><td>Gasket kit, 58 mm</td><td>9.90</td></tr><tr><td>House blend, 1 kg</td><td>24.00</td></tr><tr><td><b>Total</b></td><td><b>33.90</b></td></tr></table><p>A made-up invoice of a made-up shop.</p>`);
writeFileSync(join(out, "invoice.pdf"), await page.pdf({ format: "A5" }));
await browser.close();

// A voice of sorts: a tone that rises and falls in syllables; and a little tune.
const syllables = "0.35*sin(2*PI*(170+40*sin(2*PI*0.9*t))*t)*(0.5+0.5*sin(2*PI*4.5*t))+0.12*sin(2*PI*520*t)*(0.5+0.5*sin(2*PI*4.5*t+1))";
ffmpeg("-f", "lavfi", "-i", `aevalsrc=${syllables}:d=3.4`, "-c:a", "libopus", "-b:a", "16k", join(out, "note.ogg"));
const notes = [261.6, 329.6, 392, 523.3, 392, 329.6, 261.6, 392].map((f, i) => `if(between(t,${i * .5},${(i + 1) * .5}),0.3*sin(2*PI*${f}*t)*exp(-3*(t-${i * .5})),0)`).join("+");
ffmpeg("-f", "lavfi", "-i", `aevalsrc='${notes}':d=4`, "-c:a", "libmp3lame", "-b:a", "32k", join(out, "tune.mp3"));
rmSync(work, { recursive: true });
