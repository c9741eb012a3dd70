// live.mjs URL SERVER: the page about a sick shop under load, whose master is SERVER; there may be other servers beside
// it. Says "lose" when the agent may end.
import assert from "node:assert/strict";
import { checkAccessibility, keep, open, withPage } from "./browser.mjs";

const [url, server] = process.argv.slice(2);
const tabs = ["Findings", "Endpoints", "Workers", "Blocked time", "Memory", "Coverage"];

/** What the first lane's canvas shows, and how many of its points have a cause's colour. */
function lane(page) {
  return page.locator("canvas.lane").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 20) ++coloured;
    return { picture: canvas.toDataURL(), coloured };
  });
}

async function seeLanesMove(page) {
  await open(page, "Workers");
  await page.getByRole("rowheader", { name: /shop\.app:app/ }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("canvas.lane").length >= 2);
  const before = await lane(page);
  await page.waitForFunction((was) => document.querySelector("canvas.lane").toDataURL() !== was, before.picture); // it moves
  await page.waitForTimeout(4000);
  const after = await lane(page);
  assert.ok(after.coloured > 50, `the lane has colours: ${after.coloured} points`);
  await page.locator(".lane-name").first().click();
  await page.getByRole("heading", { name: /^Worker \d+/ }).waitFor();
  await page.getByText("Its longest requests on the lane").waitFor();
}

async function pause(page) {
  await open(page, "Workers");
  await page.getByRole("button", { name: "Pause" }).click();
  const before = await lane(page);
  await page.waitForTimeout(2500);
  assert.equal((await lane(page)).picture, before.picture, "nothing moves");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForFunction((was) => document.querySelector("canvas.lane").toDataURL() !== was, before.picture);
}

async function goFromTheSickEndpointToItsLine(page) {
  await open(page, "Endpoints");
  const first = page.locator("table.endpoints tbody tr").first();
  await page.waitForFunction(() => document.querySelector("table.endpoints tbody tr button")?.textContent.includes("/checkout/{}"));
  assert.match(await first.locator(".bar").getAttribute("aria-label"), /^upstream \d+ %/);
  await first.getByRole("button").click();
  await page.getByRole("heading", { name: "POST /checkout/{}" }).waitFor();
  const line = await page.locator("table.sites tbody tr").first().innerText();
  assert.match(line, /shop\/checkout\.py:\d+ in .*buy/);
  assert.match(line, /POST \//);
}

async function seeFindings(page) {
  await open(page, "Findings");
  const finding = page.locator("article.finding", { hasText: "blocking-io-in-request" }).first();
  await finding.getByText("What to do.").waitFor();
  await finding.getByText("Evidence").click();
  assert.ok((await finding.locator("dd").count()) > 0, "the finding has evidence");
  await finding.getByRole("button", { name: /GET|POST/ }).first().click();
  await page.getByRole("heading", { name: /^(GET|POST) \// }).waitFor();
}

async function seeWhatGrows(page) {
  await open(page, "Memory");
  await page.getByRole("button", { name: "Take a census" }).click();
  await page.getByText("copied in").waitFor();
  await page.waitForTimeout(3000);
  await page.getByRole("button", { name: "Take another and compare" }).click();
  await page.getByText("Compared with").waitFor();
  // The shop keeps the lines of every page that it rendered.
  const grown = await page.locator("table.types tbody tr").first().innerText();
  assert.match(grown, /^str\s/);
  await page.locator(".area.grew", { hasText: "str" }).first().waitFor();
  await page.getByRole("button", { name: "Who holds list?" }).click();
  await page.getByText("RECENT_VIEWS").first().waitFor();
}

async function goByKeyboard(page) {
  await page.getByRole("tab", { name: "Findings" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(":focus").getAttribute("id"), "tab-endpoints");
  await page.keyboard.press("End");
  await page.getByRole("tab", { name: "Coverage", selected: true }).waitFor();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.locator("table.endpoints tbody tr button").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "endpoint-title");
}

async function checkAll(page, theme) {
  for (const tab of tabs) {
    await open(page, tab);
    await checkAccessibility(page, `${tab}, ${theme}`);
  }
}

await withPage(url, { theme: "light" }, async (page) => {
  await page.getByRole("status").getByText("live").waitFor();
  await page.getByRole("combobox", { name: /^Server/ }).selectOption(server);
  await seeLanesMove(page);
  await pause(page);
  await goFromTheSickEndpointToItsLine(page);
  await checkAccessibility(page, "an endpoint");
  await keep(page, "page-endpoint");
  await seeFindings(page);
  await seeWhatGrows(page);
  await checkAccessibility(page, "a census");
  await keep(page, "page-census");
  await goByKeyboard(page);
  await checkAll(page, "light");
});
await withPage(url, { theme: "dark" }, async (page) => {
  await page.getByRole("status").getByText("live").waitFor();
  await page.getByRole("combobox", { name: /^Server/ }).selectOption(server);
  await checkAll(page, "dark");
  console.log("lose");
  await page.getByRole("status").getByText("connection lost").waitFor();
  await open(page, "Coverage"); // what was known stays
});
