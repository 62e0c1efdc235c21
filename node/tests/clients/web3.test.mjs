import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Web3 } from "web3";
import { ARB_WASM, ARB_WASM_ABI, ECHO, E_OF_7, PINGER, PINGER_ABI } from "./contracts.mjs";
import { DEV_KEY, startNode } from "./node.mjs";

let node, web3, from;
before(async () => {
  node = await startNode(["--internal-transactions", "show"]);
  web3 = new Web3(node.http);
  web3.eth.transactionPollingInterval = 50;
  from = web3.eth.accounts.wallet.add(DEV_KEY)[0].address;
});
after(() => node.stop());

async function deploy(data) {
  return (await web3.eth.sendTransaction({ from, data })).contractAddress;
}

test("a custom error is decoded", async () => {
  const contract = new web3.eth.Contract(PINGER_ABI, await deploy(PINGER));
  await assert.rejects(contract.methods.fail().call({ from }), (error) => {
    assert.deepEqual([error.cause?.errorName, error.cause?.data], ["E", E_OF_7], String(error));
    return true;
  });
});

test("a Stylus program is deployed, activated and called", async () => {
  const address = await deploy(ECHO);
  const activate = new web3.eth.Contract(ARB_WASM_ABI, ARB_WASM).methods.activateProgram(address);
  const { dataFee } = await activate.call({ from, value: web3.utils.toWei("1", "ether") });
  const receipt = await activate.send({ from, value: ((dataFee * 12n) / 10n).toString() });
  assert.equal(receipt.status, 1n);
  assert.equal(await web3.eth.call({ to: address, data: "0xc0ffee" }), "0xc0ffee");
});

test("whole blocks and past events are read", async () => {
  const address = await deploy(PINGER);
  const contract = new web3.eth.Contract(PINGER_ABI, address);
  // Without calldata web3 takes any account for one without code, and 21,000 gas for enough.
  for (const value of [1, 2, 3]) await web3.eth.sendTransaction({ from, to: address, value, gas: 100_000 });
  const events = await contract.getPastEvents("Ping", { fromBlock: 0 });
  assert.deepEqual(events.map((event) => event.returnValues.value), [1n, 2n, 3n]);
  assert.equal((await web3.eth.getBlock("latest", true)).transactions.length, 2);
});
