// Takes the README's picture: starts the playground, opens its page in Chromium, and waits until it is drawn.
// usage: node picture.mjs [PLAYGROUND-PROGRAM] [PICTURE.png]
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { start } from "./browser.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = process.argv[2] ?? here("../../../target/debug/playground");
const picture = process.argv[3] ?? here("../playground.png");

const playground = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((resolve) => playground.once("exit", resolve));
try {
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: playground.stdout }).on("line", (line) => (line.startsWith("http") ? resolve(line) : console.log(line)));
    playground.once("error", reject);
    ended.then(() => reject(new Error("the playground ended before it said its address")));
  });
  const browser = await start();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1.5, colorScheme: "light" });
  await page.goto(address);
  await page.waitForSelector("body[data-ready]");
  await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {}); // the long polls never rest
  await page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === "lazy"));
  await page.screenshot({ path: picture });
  await browser.close();
  console.log(picture);
} finally {
  playground.kill("SIGTERM");
  await ended;
}
