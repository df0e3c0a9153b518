// The calls of ecwid-api-client on customers, against a Shopfolk with the demo store, as its README shows them.
"use strict";

const assert = require("node:assert/strict");
const { Ecwid } = require("ecwid-api-client");

const address = process.argv[2];
const SUPPORT = 177737165;

async function refused(call, status) {
  const silence = console.error;
  console.error = () => {};
  try {
    await assert.rejects(call, (error) => error.response.status === status);
  } finally {
    console.error = silence;
  }
}

async function main() {
  const { customers } = new Ecwid({
    apiToken: "secret_token",
    apiStoreId: "1003",
    apiCustomBaseUrl: `${address}/api/v3/1003/`,
  });
  const all = await customers.getAll();
  assert.equal(all.total, 2);
  assert.equal(all.items[0].id, SUPPORT);

  const { id } = await customers.add({ email: "anna@example.com", name: "Anna Berg", lang: "no" });
  const anna = await customers.getById(id);
  assert.equal(anna.name, "Anna Berg");
  assert.equal(anna.contacts.length, 1);
  for (const found of [await customers.getByKeyword("ANNA@"), await customers.getByParams({ name: "berg" })]) {
    assert.equal(found.total, 1);
    assert.equal(found.items[0].id, id);
  }
  await refused(customers.add({ email: "ANNA@example.com" }), 409);

  assert.deepEqual(await customers.update(id, { ...anna, acceptMarketing: true }), { updateCount: 1 });
  const changed = await customers.getById(id);
  assert.equal(changed.acceptMarketing, true);
  assert.deepEqual(changed.contacts, anna.contacts);

  assert.deepEqual(await customers.delete(id), { deleteCount: 1 });
  await refused(customers.getById(id), 404);
}

main().then(
  () => console.log("ecwid-api-client: every call was answered as it should be"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
