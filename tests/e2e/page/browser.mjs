// A real Chromium for a script of this folder. LINGER_DASHBOARD is where npm put playwright-core: the build directory.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.env.LINGER_DASHBOARD, "package.json"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");

/** Runs `script` on a page in one of the two themes; fails when the page complains or asks another host for something. */
export async function withPage(url, { theme = "light", width = 1280, height = 800 }, script) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  try {
    const context = await browser.newContext({ colorScheme: theme, viewport: { width, height } });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(`${error}`));
    page.on("console", (message) => message.type() === "error" && !message.text().includes("ERR_") && complaints.push(message.text()));
    page.on("request", (request) => {
      if (new URL(request.url()).host !== new URL(url).host) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(url);
    await script(page);
    if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join("\n")}`);
  } finally {
    await browser.close();
  }
}

/** Fails on what axe calls serious or critical. */
export async function checkAccessibility(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const words = bad.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 3).map((node) => `  ${node.html}\n  ${node.failureSummary}`).join("\n")}`);
  if (bad.length > 0) throw new Error(`${where} is not accessible:\n${words.join("\n")}`);
}

export async function open(page, tab) {
  await page.getByRole("tab", { name: tab }).click();
  await page.getByRole("heading", { level: 2 }).waitFor();
}

/** Keeps a picture, not too large for the documents, where LINGER_SCREENS says so. */
export async function keep(page, name) {
  const directory = process.env.LINGER_SCREENS;
  if (!directory) return;
  const before = page.viewportSize();
  await page.setViewportSize({ width: 1000, height: 600 });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(1500); // the lanes are drawn anew with what comes next
  await page.screenshot({ path: path.join(directory, `${name}.png`) });
  await page.setViewportSize(before);
}
