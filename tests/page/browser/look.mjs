// Opens a page in Chromium as several people do, and prints as JSON what happened: node look.mjs PAGE FOLDER [CHROMIUM]
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import { chromium as playwright } from "playwright-core";

const VIEWS = {
  phone: { viewport: { width: 360, height: 740 } },
  narrow: { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  desktop: { viewport: { width: 1280, height: 800 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  // The width of A4 without its margins.
  print: { viewport: { width: 688, height: 1000 }, colorScheme: "dark" },
};
const [file, folder, installed] = process.argv.slice(2);
const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

const browser = await playwright.launch({
  executablePath: installed || (await chromium.executablePath()),
  args: ["--no-sandbox"],
});
const found = { version: browser.version(), views: {} };
for (const [name, options] of Object.entries(VIEWS)) {
  const page = await browser.newPage(options);
  const messages = [];
  const requests = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  page.on("request", (request) => requests.push(request.url().slice(0, 40)));
  if (name === "print") await page.emulateMedia({ media: "print" });
  await page.goto(pathToFileURL(file).href);
  const [wide, room, broken, paper] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
    window.broken ?? null,
    getComputedStyle(document.body).backgroundColor,
  ]);
  const images = await page.evaluate(() => [...document.images].map((one) => one.complete && one.naturalWidth > 0));
  // Evaluated by the debugger: the page's own policy allows no script.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  if (name === "print") await page.pdf({ path: `${folder}/print.pdf`, preferCSSPageSize: true });
  found.views[name] = {
    wide,
    room,
    broken,
    paper,
    images,
    messages,
    requests: requests.filter((url) => !url.startsWith("data:image/svg+xml")),
    barriers: violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`),
  };
  await page.close();
}
const page = await browser.newPage(VIEWS.phone);
await page.goto(pathToFileURL(file).href);
found.focused = [];
for (let step = 0; step < 40; step += 1) {
  await page.keyboard.press("Tab");
  const name = await page.evaluate(() => {
    const one = document.activeElement;
    return one === document.body ? "" : one.getAttribute("aria-label") || one.textContent;
  });
  if (!name) break;
  found.focused.push(name);
}
await browser.close();
console.log(JSON.stringify(found));
