import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Contract, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider, parseEther } from "ethers";
import { ARB_WASM, ARB_WASM_ABI, ECHO, E_OF_7, PINGER, PINGER_ABI } from "./contracts.mjs";
import { DEV_KEY, startNode } from "./node.mjs";

let node, provider, wallet;
before(async () => {
  node = await startNode();
  provider = new JsonRpcProvider(node.http, undefined, { polling: true, pollingInterval: 50, cacheTimeout: -1 });
  wallet = new Wallet(DEV_KEY, provider);
});
after(async () => {
  provider.destroy();
  await node.stop();
});

async function deploy(bytecode, signer = wallet) {
  const receipt = await (await signer.sendTransaction({ data: bytecode })).wait();
  assert.equal(receipt.status, 1);
  return receipt.contractAddress;
}

test("a hundred requests at once go out as batches and come back whole", async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => provider.send("eth_getBlockByNumber", [`0x${index.toString(16)}`, false])));
  assert.equal(answers[0].number, "0x0");
  assert.deepEqual(answers.slice(50), Array(50).fill(null));
});

test("a custom error arrives whole from a call, an estimate and a transaction", async () => {
  const contract = new Contract(await deploy(PINGER), PINGER_ABI, wallet);
  for (const attempt of [() => contract.fail.staticCall(), () => contract.fail.estimateGas(), () => contract.fail()]) {
    await assert.rejects(attempt, (error) => {
      assert.equal(error.code, "CALL_EXCEPTION", String(error));
      assert.equal(error.data, E_OF_7);
      return true;
    });
  }
  // Only here it looks into the ABI.
  const { revert } = await contract.fail.staticCall().catch((error) => error);
  assert.deepEqual([revert.name, ...revert.args], ["E", 7n]);
});

test("a Stylus program is deployed, activated and called", async () => {
  const address = await deploy(ECHO);
  const arbWasm = new Contract(ARB_WASM, ARB_WASM_ABI, wallet);
  const [version, fee] = await arbWasm.activateProgram.staticCall(address, { value: parseEther("1") });
  assert.equal(version, 2n);
  const receipt = await (await arbWasm.activateProgram(address, { value: (fee * 12n) / 10n })).wait();
  assert.equal(receipt.status, 1);
  assert.equal(await provider.call({ to: address, data: "0xc0ffee" }), "0xc0ffee");
});

test("refusals have the codes that programs look for", async () => {
  const coded = (request, code) => assert.rejects(wallet.sendTransaction({ to: ARB_WASM, gasLimit: 100_000, ...request }), { code });
  await coded({ nonce: 0 }, "NONCE_EXPIRED");
  await coded({ value: parseEther("1000000") }, "INSUFFICIENT_FUNDS");
  await provider.send("evm_setAutomine", [false]);
  const request = { to: ARB_WASM, gasLimit: 100_000, nonce: await wallet.getNonce(), maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 0n };
  await wallet.sendTransaction(request);
  await assert.rejects(wallet.sendTransaction({ ...request, value: 1n }), { code: "REPLACEMENT_UNDERPRICED" });
  await provider.send("evm_setAutomine", [true]);
});

test("many transactions of one account, sent at once, are all mined", async () => {
  const manager = new NonceManager(new Wallet(`0x${"11".repeat(32)}`, provider));
  await (await wallet.sendTransaction({ to: await manager.getAddress(), value: parseEther("1") })).wait();
  const sent = await Promise.all(Array.from({ length: 50 }, () => manager.sendTransaction({ to: wallet.address, value: 1n })));
  const receipts = await Promise.all(sent.map((transaction) => transaction.wait()));
  assert.equal(new Set(receipts.map((receipt) => receipt.hash)).size, 50);
});

test("events are heard of by polling and over WebSocket", async () => {
  const socket = new WebSocketProvider(node.ws);
  const address = await deploy(PINGER);
  const heard = { polled: [], pushed: [] };
  await new Contract(address, PINGER_ABI, provider).on("Ping", (value) => heard.polled.push(value));
  await new Contract(address, PINGER_ABI, socket).on("Ping", (value) => heard.pushed.push(value));
  const blocks = [];
  await socket.on("block", (number) => blocks.push(number));
  await sleep(200);
  for (let value = 1n; value <= 5n; value++) await (await wallet.sendTransaction({ to: address, value })).wait();
  for (let tries = 0; tries < 100 && Object.values(heard).some((values) => values.length < 5); tries++) await sleep(20);
  assert.deepEqual(heard, { polled: [1n, 2n, 3n, 4n, 5n], pushed: [1n, 2n, 3n, 4n, 5n] });
  assert.equal(blocks.length, 5);
  await provider.removeAllListeners();
  await socket.destroy();
});

for (const shown of ["hide", "show"]) {
  test(`whole blocks and their receipts are read (internal transactions: ${shown})`, async () => {
    const own = await startNode(["--internal-transactions", shown]);
    const reader = new JsonRpcProvider(own.http, undefined, { cacheTimeout: -1 });
    await deploy(PINGER, new Wallet(DEV_KEY, reader));
    const block = await reader.getBlock("latest", true);
    assert.equal(block.prefetchedTransactions.length, shown === "show" ? 2 : 1);
    for (const hash of block.transactions) {
      assert.equal((await reader.getTransaction(hash)).blockNumber, block.number);
      assert.equal((await reader.getTransactionReceipt(hash)).status, 1);
    }
    reader.destroy();
    await own.stop();
  });
}
