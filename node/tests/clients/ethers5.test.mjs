import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ethers } from "ethers-v5";
import { ARB_WASM, ARB_WASM_ABI, ECHO, E_OF_7, PINGER, PINGER_ABI } from "./contracts.mjs";
import { DEV_KEY, startNode } from "./node.mjs";

let node, provider, wallet;
before(async () => {
  node = await startNode(["--internal-transactions", "show"]);
  provider = new ethers.providers.JsonRpcProvider(node.http);
  provider.pollingInterval = 50;
  wallet = new ethers.Wallet(DEV_KEY, provider);
});
after(() => node.stop());

async function deploy(data) {
  const receipt = await (await wallet.sendTransaction({ data })).wait();
  return receipt.contractAddress;
}

test("a custom error is decoded", async () => {
  const contract = new ethers.Contract(await deploy(PINGER), PINGER_ABI, wallet);
  await assert.rejects(contract.callStatic.fail(), (error) => {
    assert.deepEqual([error.code, error.errorName, error.data], ["CALL_EXCEPTION", "E", E_OF_7]);
    return true;
  });
  await assert.rejects(contract.fail(), { code: "UNPREDICTABLE_GAS_LIMIT" });
});

test("a Stylus program is deployed, activated and called", async () => {
  const address = await deploy(ECHO);
  const arbWasm = new ethers.Contract(ARB_WASM, ARB_WASM_ABI, wallet);
  const value = ethers.utils.parseEther("1");
  const { dataFee } = await arbWasm.callStatic.activateProgram(address, { value });
  await (await arbWasm.activateProgram(address, { value: dataFee.mul(12).div(10) })).wait();
  assert.equal(await provider.call({ to: address, data: "0xc0ffee" }), "0xc0ffee");
});

test("whole blocks and past events are read", async () => {
  const contract = new ethers.Contract(await deploy(PINGER), PINGER_ABI, wallet);
  for (const value of [1, 2, 3]) await (await wallet.sendTransaction({ to: contract.address, value })).wait();
  const events = await contract.queryFilter("Ping", 0);
  assert.deepEqual(events.map((event) => event.args.value.toNumber()), [1, 2, 3]);
  const block = await provider.getBlockWithTransactions("latest");
  assert.equal(block.transactions.length, 2);
});
