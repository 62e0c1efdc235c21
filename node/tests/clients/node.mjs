// Starts the node that is tested: the binary that STYLUS_DEVNODE names, or the workspace's own build.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../../target/debug/stylus-devnode", import.meta.url));
const binary = process.env.STYLUS_DEVNODE ?? built;

/** Nitro's development account. */
export const DEV_KEY = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

/** A node on `port` (0: any free one), once it answers. */
export async function startNode(options = [], port = 0) {
  const child = spawn(binary, ["--port", String(port), ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const http = await Promise.race([
    listening(child.stdout),
    ended.then((code) => Promise.reject(new Error(`${binary} ended with ${code} before it listened`))),
  ]);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { http, ws: http.replace("http", "ws"), port: Number(new URL(http).port), stop };
}

async function listening(output) {
  for await (const line of createInterface({ input: output })) {
    const found = line.match(/^Listening on (http:\S+)/);
    if (found) {
      // What comes later is not read, but must not fill the pipe.
      output.resume();
      return found[1];
    }
  }
  return new Promise(() => {});
}
