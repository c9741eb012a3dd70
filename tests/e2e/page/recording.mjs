// recording.mjs URL: the page that `linger replay --serve` shows of the sick shop.
import assert from "node:assert/strict";
import { checkAccessibility, keep, open, withPage } from "./browser.mjs";

await withPage(process.argv[2], { theme: "dark" }, async (page) => {
  await page.getByRole("status").getByText("a recording").waitFor();
  await open(page, "Workers");
  await page.waitForFunction(() => document.querySelectorAll("canvas.lane").length === 2);
  await keep(page, "page-workers");
  await page.locator(".lane-name").first().click();
  await page.getByText("Its longest requests on the lane").waitFor();
  const parts = await page.locator("canvas.lane").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, canvas.height - 2, canvas.width, 1);
    return new Set(Array.from({ length: canvas.width }, (_, x) => data.slice(4 * x, 4 * x + 3).join())).size;
  });
  assert.ok(parts > 3, `the lane shows several causes over time: ${parts}`);
  await checkAccessibility(page, "a worker of a recording");
  await open(page, "Memory");
  await page.getByText("A recording has no heap to look into.").waitFor();
  assert.equal(await page.getByRole("button", { name: /census/i }).count(), 0);
});
