// Stories of a shop owner in the demo store. Any dialog, fault of a script or request to elsewhere fails them, and so does what
// axe-core finds on a page.
"use strict";

const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");

const address = process.argv[2];
const pictures = process.env.PICTURES;
const axe = require.resolve("axe-core/axe.min.js");
const PLANTED = "<script>alert(1)</script><img src=x onerror=alert(2)>";

/** Opens a page in which nothing may go wrong unseen. */
async function open(browser, options) {
  const context = await browser.newContext({ bypassCSP: false, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("dialog", (dialog) => { faults.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("pageerror", (error) => faults.push(`a fault of a script: ${error}`));
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  page.on("request", (request) => {
    if (!request.url().startsWith(address)) faults.push(`a request to ${request.url()}`);
  });
  return { context, page, faults };
}

/** Looks for faults of accessibility, and for a page that is wider than its window. */
async function look(page, where) {
  // By the protocol of the browser, so that the policy of the page stays as it is.
  await page.evaluate(require("node:fs").readFileSync(axe, "utf8"));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: "tag", values } }), tags);
  const says = found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(says, [], where);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${where} is ${overflow} pixels too wide`);
}

const order = (page) => page.locator(".contacts .text").allInnerTexts();
const announced = (page, text) => page.locator("#announce", { hasText: text }).waitFor({ state: "attached" });

/** An owner finds somebody, adds contacts, and puts them in order with the keyboard and the mouse. */
async function contactsInOrder(browser) {
  const { context, page, faults } = await open(browser, { viewport: { width: 1280, height: 900 } });
  await page.goto(`${address}/`);
  assert.equal(new URL(page.url()).pathname, "/admin");
  await page.getByRole("link", { name: "Customers" }).first().click();
  await page.getByRole("link", { name: "New customer" }).click();
  await page.getByLabel("E-mail address").fill("anna@example.com");
  await page.getByLabel("Name").fill("Anna Petersen");
  await page.getByRole("button", { name: "Create" }).click();
  for (const contact of ["+45 33 12 34 56", "https://www.instagram.com/anna.petersen", "wa.me/4533123456"]) {
    const adding = page.locator("form", { has: page.locator("#contact") });
    await adding.getByLabel("Address, number or link").fill(contact);
    await adding.getByRole("button", { name: "Add" }).click();
    await page.getByText("The contact was added.").waitFor();
  }
  const before = await order(page);

  const up = page.getByRole("button", { name: "Move WhatsApp wa.me/4533123456 up" });
  await up.focus();
  await page.keyboard.press("Enter");
  await announced(page, "WhatsApp wa.me/4533123456 is now number 3 of 4");
  await page.keyboard.press("Enter");
  await announced(page, "is now number 2 of 4");
  await page.reload();
  assert.deepEqual(await order(page), [before[0], before[3], before[1], before[2]]);

  const box = async (place) => page.locator(".contacts > li").nth(place).locator(".grip").boundingBox();
  const [from, to] = [await box(3), await box(0)];
  await page.mouse.move(from.x + 4, from.y + 6);
  await page.mouse.down();
  await page.mouse.move(to.x + 40, to.y + 12, { steps: 12 });
  await page.mouse.move(to.x + 40, to.y - 8, { steps: 4 });
  await page.mouse.up();
  await announced(page, "is now number 1 of 4");
  await page.reload();
  assert.deepEqual(await order(page), [before[2], before[0], before[3], before[1]]);

  await page.goto(`${address}/admin/customers`);
  await page.getByLabel("Name or e-mail address").pressSequentially("peters");
  await page.getByText("1 of 3 customers").first().waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
  assert.deepEqual(faults, []);
  await context.close();
}

/** What strangers typed is shown as text, and the pages work without a script. */
async function withoutScript(browser) {
  const { context, page, faults } = await open(browser, { javaScriptEnabled: false });
  await page.goto(`${address}/admin/customers/new`);
  await page.getByLabel("E-mail address").fill("planted@example.com");
  await page.getByLabel("Name").fill(PLANTED);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: PLANTED }).waitFor();
  const adding = page.locator("form", { has: page.locator("#contact") });
  await adding.getByLabel("Address, number or link").fill(PLANTED);
  await adding.getByRole("button", { name: "Add" }).click();
  await page.getByRole("button", { name: `Move Other ${PLANTED} up` }).click();
  await page.getByText("The contacts are in their new order.").waitFor();
  assert.equal((await order(page))[0], PLANTED);
  assert.deepEqual(faults, []);
  await context.close();
}

/** Every page, on both screens and in both lights. */
async function everyPage(browser) {
  for (const [name, width, height] of [["wide", 1280, 860], ["narrow", 390, 800]]) {
    for (const colorScheme of ["light", "dark"]) {
      const { context, page, faults } = await open(browser, { viewport: { width, height }, colorScheme });
      await page.goto(`${address}/admin/customers?keyword=anna`);
      const anna = await page.getByRole("link", { name: "Anna Petersen" }).getAttribute("href");
      const pages = {
        home: "/admin", customers: "/admin/customers", customer: anna, delete: `${anna}/delete`,
        "new-customer": "/admin/customers/new", groups: "/admin/groups", "extra-fields": "/admin/extra-fields",
        orders: "/admin/orders", apps: "/admin/apps", "sign-in": "/admin/sign-in",
      };
      for (const [title, path] of Object.entries(pages)) {
        await page.goto(`${address}${path}`);
        await look(page, `${title}, ${name}, ${colorScheme}`);
        const shown = ["customers-wide-light", "customer-wide-light", "customer-narrow-dark", "home-wide-dark"];
        const picture = `${title}-${name}-${colorScheme}`;
        if (pictures && (shown.includes(picture) || process.env.ALL)) {
          await page.screenshot({ path: `${pictures}/${picture}.png` });
        }
      }
      assert.deepEqual(faults, []);
      await context.close();
    }
  }
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  try {
    for (const story of [contactsInOrder, everyPage, withoutScript]) {
      await story(browser);
      console.log(`${story.name}: as it has to be`);
    }
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
