// scale.mjs URL: the page with 400 workers and 2,000 endpoints.
import assert from "node:assert/strict";
import { open, withPage } from "./browser.mjs";

await withPage(process.argv[2], {}, async (page) => {
  await page.getByRole("tab", { name: "Endpoints 2000" }).waitFor();
  await open(page, "Endpoints");
  await page.getByText("2,000 endpoints").waitFor();
  const rows = page.locator("table.endpoints tbody tr");
  assert.equal(await rows.count(), 100);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.waitForFunction(() => document.querySelectorAll("table.endpoints tbody tr").length === 600);
  // Each has as many requests as its number says, and one error where that is 1234.
  await page.getByRole("button", { name: "Errors" }).click();
  await page.waitForFunction(() => document.querySelector("table.endpoints tbody tr button").textContent === "GET /endpoint/1234");
  await page.getByRole("searchbox").fill("endpoint/1999");
  await page.getByText("1 endpoint", { exact: true }).waitFor();
  assert.match(await rows.first().innerText(), /GET \/endpoint\/1999\s+1,999/);

  await open(page, "Workers");
  await page.getByText("400 workers, from").waitFor();
  assert.ok((await page.locator(".lane-row").count()) < 40, "only what is seen is there");
  await page.locator(".lane-name").first().focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.activeElement?.textContent.startsWith("1399 "));
  assert.equal(await page.locator('.lane-row[aria-posinset="400"]').getAttribute("aria-setsize"), "400");
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => document.activeElement?.textContent.startsWith("1398 "));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Worker 1398" }).waitFor();
  // It goes on: the stream's next moments are shown.
  const requests = () => page.locator(".detail p").first().innerText();
  const before = await requests();
  await page.waitForFunction((was) => document.querySelector(".detail p").innerText !== was, before);
  // What a worker calls its endpoints is text, whatever it looks like.
  await open(page, "Endpoints");
  await page.getByRole("searchbox").fill("<img");
  await page.getByText("GET /<img src=x onerror=alert(1)>").waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});
