import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  parseEther,
  webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ARB_WASM, ARB_WASM_ABI, ECHO, E_OF_7, PINGER, PINGER_ABI } from "./contracts.mjs";
import { DEV_KEY, startNode } from "./node.mjs";

const account = privateKeyToAccount(DEV_KEY);

function clients(node) {
  const chain = defineChain({
    id: 412346,
    name: "stylus-devnode",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [node.http], webSocket: [node.ws] } },
  });
  const transport = http(node.http, { retryCount: 0 });
  return {
    chain,
    reader: createPublicClient({ chain, transport, pollingInterval: 50 }),
    wallet: createWalletClient({ chain, transport, account }),
    dev: createTestClient({ chain, transport, mode: "anvil" }),
  };
}

async function deploy({ wallet, reader }, bytecode) {
  const hash = await wallet.deployContract({ abi: [], bytecode });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  return receipt.contractAddress;
}

let node, viem;
before(async () => {
  node = await startNode();
  viem = clients(node);
});
after(() => node.stop());

test("a custom error arrives whole from a call, an estimate and a simulation", async () => {
  const address = await deploy(viem, PINGER);
  const failing = { address, abi: PINGER_ABI, functionName: "fail", account };
  for (const attempt of [
    () => viem.reader.readContract(failing),
    () => viem.reader.estimateContractGas(failing),
    () => viem.reader.simulateContract(failing),
  ]) {
    const error = await attempt().then(
      () => assert.fail("it reverts"),
      (error) => error,
    );
    assert.ok(error instanceof BaseError, String(error));
    const reverted = error.walk((inner) => inner instanceof ContractFunctionRevertedError);
    assert.equal(reverted?.data?.errorName, "E", String(error));
    assert.deepEqual(reverted.data.args, [7n]);
    assert.equal(reverted.raw, E_OF_7);
  }
});

test("a Stylus program is tried, deployed, activated and called", async () => {
  const { reader, wallet } = viem;
  const address = await deploy(viem, ECHO);
  const activation = { address: ARB_WASM, abi: ARB_WASM_ABI, functionName: "activateProgram", args: [address], account };
  const { result } = await reader.simulateContract({ ...activation, value: parseEther("1") });
  const [version, fee] = result;
  assert.equal(version, 2);
  assert.ok(fee > 0n);
  const hash = await wallet.writeContract({ ...activation, value: (fee * 12n) / 10n });
  assert.equal((await reader.waitForTransactionReceipt({ hash })).status, "success");
  assert.equal((await reader.call({ to: address, data: "0xc0ffee" })).data, "0xc0ffee");
  await assert.rejects(reader.simulateContract({ ...activation, value: fee * 2n }), /ProgramUpToDate/);
});

test("an event watched over HTTP is still heard of after the node was started anew", async () => {
  let own = await startNode();
  const { reader, ...rest } = clients(own);
  const address = await deploy({ reader, ...rest }, PINGER);
  const seen = [];
  const unwatch = reader.watchContractEvent({
    address,
    abi: PINGER_ABI,
    eventName: "Ping",
    onLogs: (logs) => seen.push(...logs.map((log) => log.args.value)),
    onError: () => {},
  });
  const heard = async (value) => {
    for (let tries = 0; tries < 100 && !seen.includes(value); tries++) {
      await rest.wallet.sendTransaction({ to: address, value });
      await sleep(50);
    }
    assert.ok(seen.includes(value), `${value} was not heard of`);
  };
  await sleep(150);
  await heard(1n);
  await own.stop();
  await sleep(150);
  own = await startNode([], own.port);
  assert.equal(await deploy({ reader, ...rest }, PINGER), address);
  await heard(2n);
  unwatch();
  await sleep(100); // it uninstalls its filter before it stops to poll
  await own.stop();
});

test("heads and events come over WebSocket, each once and in order", async () => {
  const { chain, wallet } = viem;
  const socket = createPublicClient({ chain, transport: webSocket(node.ws, { reconnect: false }) });
  const address = await deploy(viem, PINGER);
  const heads = [];
  const events = [];
  const failures = [];
  const onError = (error) => failures.push(error);
  const stop = [
    socket.watchBlocks({ onBlock: (block) => heads.push(block), onError }),
    socket.watchContractEvent({
      address,
      abi: PINGER_ABI,
      onLogs: (logs) => events.push(...logs.map((log) => log.args.value)),
      onError,
    }),
  ];
  await sleep(200);
  for (let value = 1n; value <= 10n; value++) await wallet.sendTransaction({ to: address, value });
  for (let tries = 0; tries < 100 && (events.length < 10 || heads.length < 10); tries++) await sleep(20);
  stop.forEach((end) => end());
  assert.deepEqual(failures, []);
  assert.deepEqual(events, [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n]);
  const numbers = heads.map((block) => Number(block.number));
  assert.deepEqual(numbers, Array.from({ length: 10 }, (_, index) => numbers[0] + index));
  (await socket.transport.getRpcClient()).close();
});

for (const shown of ["hide", "show"]) {
  test(`whole blocks are read (internal transactions: ${shown})`, async () => {
    const own = await startNode(["--internal-transactions", shown]);
    const { reader, ...rest } = clients(own);
    await deploy({ reader, ...rest }, PINGER);
    const block = await reader.getBlock({ includeTransactions: true });
    assert.equal(block.transactions.length, shown === "show" ? 2 : 1);
    for (const transaction of block.transactions) {
      for (const field of ["gasPrice", "nonce", "value", "input"]) {
        assert.notEqual(transaction[field], undefined, `${transaction.typeHex} has no ${field}`);
      }
      assert.equal((await reader.getTransactionReceipt({ hash: transaction.hash })).status, "success");
    }
    await own.stop();
  });
}

test("the methods of a test client do what it expects", async () => {
  const { dev, reader, wallet } = viem;
  const id = await dev.snapshot();
  const before = await reader.getBlock();
  await dev.increaseTime({ seconds: 1000 });
  await dev.mine({ blocks: 3, interval: 10 });
  const later = await reader.getBlock();
  assert.equal(later.number, before.number + 3n);
  assert.ok(later.timestamp >= before.timestamp + 1000n);
  await dev.setBalance({ address: ARB_WASM, value: 5n });
  assert.equal(await reader.getBalance({ address: ARB_WASM }), 5n);
  await dev.setNextBlockTimestamp({ timestamp: later.timestamp + 77n });
  await dev.mine({ blocks: 1 });
  assert.equal((await reader.getBlock()).timestamp, later.timestamp + 77n);

  await dev.setAutomine(false);
  const hash = await wallet.sendTransaction({ to: ARB_WASM, gas: 100_000n });
  assert.deepEqual(await dev.getTxpoolStatus(), { pending: 1, queued: 0 });
  assert.equal(Object.keys((await dev.getTxpoolContent()).pending).length, 1);
  assert.equal(await dev.getAutomine(), false);
  await dev.setAutomine(true);
  await reader.waitForTransactionReceipt({ hash });

  const stranger = "0x000000000000000000000000000000000000dead";
  await dev.setBalance({ address: stranger, value: parseEther("1") });
  await dev.impersonateAccount({ address: stranger });
  const sent = await wallet.sendTransaction({ account: stranger, to: account.address, value: 1n });
  assert.equal((await reader.getTransaction({ hash: sent })).from, stranger);
  await dev.stopImpersonatingAccount({ address: stranger });
  await dev.revert({ id });
  assert.equal(await reader.getBlockNumber({ cacheTime: 0 }), before.number);
});

test("refusals are known by their words", async () => {
  const { wallet, reader } = viem;
  const nonce = await reader.getTransactionCount({ address: account.address });
  const named = async (request, name) => {
    const error = await wallet.sendTransaction({ to: ARB_WASM, gas: 100_000n, ...request }).then(
      () => assert.fail(`${name} is expected`),
      (error) => error,
    );
    assert.ok(error.walk((inner) => inner.name === name), String(error));
  };
  await named({ nonce: nonce - 1 }, "NonceTooLowError");
  await named({ value: parseEther("1000000") }, "InsufficientFundsError");
  await named({ maxFeePerGas: 1n, maxPriorityFeePerGas: 0n }, "FeeCapTooLowError");
});
