// Contracts small enough to be read here, so that the clients need no compiler.

import { brotliCompressSync } from "node:zlib";

/** Without calldata: emits `Ping(msg.value)`. With any: reverts with `E(7)`. */
export const PINGER_ABI = [
  { type: "event", name: "Ping", inputs: [{ name: "value", type: "uint256", indexed: false }], anonymous: false },
  { type: "error", name: "E", inputs: [{ name: "code", type: "uint256" }] },
  { type: "function", name: "fail", inputs: [], outputs: [], stateMutability: "nonpayable" },
];

export const E_OF_7 = `0x002ff067${"7".padStart(64, "0")}`;

const pinger = [
  "36602d57", // JUMPI(0x2d) if CALLDATASIZE
  "345f52", // MSTORE(0, CALLVALUE)
  "7f48257dc961b6f792c2b78a080dacfed693b660960a702de21cee364e20270e2f", // Ping(uint256)
  "60205fa100", // LOG1(0, 32), STOP
  "5b", // 0x2d
  "7f002ff06700000000000000000000000000000000000000000000000000000000", // E(uint256)
  "5f526007600452", // MSTORE(0, ..), MSTORE(4, 7): the argument
  "60245ffd", // REVERT(0, 36)
].join("");

/** A Stylus program that returns its calldata. */
const echo =
  "0061736d01000000010f0360017f0060027f7f0060017f017f024d0308766d5f686f6f6b73137061795f666f725f6d656d6f72795f67726f77000008" +
  "766d5f686f6f6b7309726561645f61726773000008766d5f686f6f6b730c77726974655f726573756c74000103020102050401010101071c02066d65" +
  "6d6f727902000f757365725f656e747279706f696e7400030a10010e004100100141002000100241000b";

/** Code that deploys `runtime`. */
function creating(runtime) {
  const bytes = Buffer.from(runtime, "hex");
  const length = bytes.length.toString(16).padStart(4, "0");
  return `0x61${length}80600a5f395ff3${runtime}`;
}

export const PINGER = creating(pinger);

export const ECHO = creating(`eff00000${brotliCompressSync(Buffer.from(echo, "hex")).toString("hex")}`);

export const ARB_WASM = "0x0000000000000000000000000000000000000071";

export const ARB_WASM_ABI = [
  {
    type: "function",
    name: "activateProgram",
    inputs: [{ name: "program", type: "address" }],
    outputs: [
      { name: "version", type: "uint16" },
      { name: "dataFee", type: "uint256" },
    ],
    stateMutability: "payable",
  },
  { type: "error", name: "ProgramUpToDate", inputs: [] },
];
