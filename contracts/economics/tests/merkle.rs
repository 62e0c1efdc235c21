//! Trees against the ones that `@openzeppelin/merkle-tree` made, and forgeries that must not pass.

use alloy_primitives::{Address, B256, U256};
use economics::merkle::{MAX_PROOF, ProofError, Tree, keccak, leaf, verify};
use serde_json::Value;

fn vectors() -> Vec<Value> {
    let text = include_str!("vectors/merkle.json");
    let value: Value = serde_json::from_str(text).expect("the vectors are JSON");
    value["trees"].as_array().expect("there are trees").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn words(value: &Value) -> Vec<B256> {
    value.as_array().expect("an array").iter().map(|it| text(it).parse().expect("a word")).collect()
}

fn leaves(tree: &Value) -> Vec<B256> {
    let values = tree["dump"]["values"].as_array().expect("values");
    values.iter().map(|it| leaf(text(&it["value"][0]).parse().unwrap(), text(&it["value"][1]).parse().unwrap(), keccak)).collect()
}

fn some_leaves(count: u64) -> Vec<B256> {
    (0..count).map(|i| leaf(Address::left_padding_from(&i.to_be_bytes()), U256::from(i) * U256::from(7), keccak)).collect()
}

#[test]
fn trees_are_the_packages_node_by_node() {
    for vector in vectors() {
        let leaves = leaves(&vector);
        let tree = Tree::of(&leaves).expect("no vector is empty");
        assert_eq!(tree.root().to_string(), text(&vector["root"]));
        assert_eq!(tree.nodes(), words(&vector["dump"]["tree"]));
        for (index, value) in vector["dump"]["values"].as_array().unwrap().iter().enumerate() {
            assert_eq!(tree.place(index).map(|it| it as u64), value["treeIndex"].as_u64());
            assert_eq!(tree.proof(index).unwrap(), words(&vector["proofs"][index]));
        }
    }
}

#[test]
fn every_proof_of_the_package_verifies_and_only_for_its_leaf() {
    for vector in vectors() {
        let root = text(&vector["root"]).parse().unwrap();
        let leaves = leaves(&vector);
        for (index, &leaf) in leaves.iter().enumerate() {
            let proof = words(&vector["proofs"][index]);
            assert_eq!(verify(root, leaf, proof.iter().copied(), keccak), Ok(()));
            let other = leaves[(index + 1) % leaves.len()];
            if other != leaf {
                assert!(matches!(verify(root, other, proof, keccak), Err(ProofError::NotInTree(_))));
            }
        }
    }
}

#[test]
fn an_amount_beyond_64_bits_has_one_leaf_in_every_language() {
    // abi.encode of address 1 and 2^64 + 1, hashed twice, by ethers 6 and by OpenZeppelin's package.
    let wide = leaf(Address::with_last_byte(1), U256::from((1u128 << 64) + 1), keccak);
    assert_eq!(wide.to_string(), "0x651e6e53bb60ce9b3c36e464394f7ac5badb4c99c9b4505a4426864bac7685d8");
}

#[test]
fn forged_proofs_prove_nothing() {
    let leaves = some_leaves(9);
    let tree = Tree::of(&leaves).unwrap();
    let (root, proof) = (tree.root(), tree.proof(4).unwrap());
    let refused = |leaf, proof: &[B256]| verify(root, leaf, proof.iter().copied(), keccak).is_err();

    assert!(verify(root, leaves[4], proof.clone(), keccak).is_ok());
    assert!(refused(leaves[4], &[]), "no proof");
    assert!(refused(leaves[4], &proof[1..]), "a sibling too few");
    assert!(refused(leaves[4], &[proof.as_slice(), &[root]].concat()), "a sibling too many");
    assert!(refused(leaves[4], &[root]), "the root as proof");

    // The pair under an inner node, 64 bytes like a leaf's encoding, hashed twice as a leaf is.
    let pair = [tree.nodes()[3].min(tree.nodes()[4]).0, tree.nodes()[3].max(tree.nodes()[4]).0].concat();
    assert_eq!(keccak(&pair), tree.nodes()[1]);
    let forged = leaf(Address::from_slice(&pair[12..32]), U256::from_be_slice(&pair[32..]), keccak);
    assert!(refused(forged, &[tree.nodes()[2]]), "an inner node as leaf");
}

#[test]
fn a_zero_root_and_an_endless_proof_are_refused() {
    assert_eq!(verify(B256::ZERO, B256::ZERO, [], keccak), Err(ProofError::ZeroRoot));
    let one = some_leaves(1)[0];
    assert_eq!(verify(one, one, [], keccak), Ok(()), "a tree of one leaf is that leaf");
    let long = core::iter::repeat_n(B256::ZERO, MAX_PROOF + 1);
    assert_eq!(verify(one, one, long, keccak), Err(ProofError::TooLong));
    let longest = core::iter::repeat_n(B256::ZERO, MAX_PROOF);
    assert!(matches!(verify(one, one, longest, keccak), Err(ProofError::NotInTree(_))));
}

#[test]
fn the_order_of_the_leaves_changes_nothing() {
    let mut leaves = some_leaves(50);
    let tree = Tree::of(&leaves).unwrap();
    leaves.reverse();
    leaves.swap(3, 31);
    assert_eq!(Tree::of(&leaves).unwrap().nodes(), tree.nodes());
    assert!(Tree::of(&[]).is_none());
}
