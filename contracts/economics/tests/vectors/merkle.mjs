// Writes merkle.json with the package itself: npm i @openzeppelin/merkle-tree@1.0.8, then node merkle.mjs > merkle.json
import { StandardMerkleTree } from '@openzeppelin/merkle-tree';

// A fixed sequence instead of randomness, so that a second run writes the same file.
let state = 0x2545f4914f6cdd1dn;
const next = () => {
  state ^= (state << 13n) & 0xffffffffffffffffn;
  state ^= state >> 7n;
  state ^= (state << 17n) & 0xffffffffffffffffn;
  return state;
};
const address = () => '0x' + [next(), next(), next()].map(n => n.toString(16).padStart(16, '0')).join('').slice(0, 40);

// Past what a double, a u64 and a u128 hold, and the ends of the range.
const edges = ['0', '1', 2n ** 53n + 1n, 2n ** 64n + 1n, 2n ** 96n - 1n, 2n ** 128n + 1n, 2n ** 256n - 1n].map(String);
const amount = i => edges[i % edges.length];

const trees = [1, 2, 3, 4, 5, 7, 8, 13, 33].map(size => {
  const values = Array.from({ length: size }, (_, i) => [address(), amount(i)]);
  const tree = StandardMerkleTree.of(values, ['address', 'uint256']);
  return { dump: tree.dump(), root: tree.root, proofs: values.map((_, i) => tree.getProof(i)) };
});
process.stdout.write(JSON.stringify({ package: '@openzeppelin/merkle-tree@1.0.8', trees }, null, 0) + '\n');
