//! The tree's file against the package that others load it with.

use corflow::rewards::tree::{Cumulative, TreeError};
use serde_json::Value;

/// Trees that `@openzeppelin/merkle-tree` wrote.
const VECTORS: &str = include_str!("../../../contracts/economics/tests/vectors/merkle.json");

fn dumps() -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors["trees"].as_array().unwrap().iter().map(|it| it["dump"].clone()).collect()
}

/// Those of them whose amounts fit: sums of payments are 128 bits.
fn fitting() -> Vec<Value> {
    let limit = |it: &Value| it["value"][1].as_str().unwrap().len() < 39;
    dumps().into_iter().filter(|it| it["values"].as_array().unwrap().iter().all(limit)).collect()
}

#[test]
fn files_of_the_package_read_and_are_written_the_same_but_for_the_order_of_values() {
    assert!(fitting().len() >= 4, "there are vectors to read");
    for dump in fitting() {
        let (cumulative, tree) = Cumulative::read(dump.to_string().as_bytes()).unwrap();
        let mut written = Vec::new();
        cumulative.write(&tree, &mut written).unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        let sorted = |value: &Value| {
            let mut values = value["values"].as_array().unwrap().clone();
            values.sort_by_key(|it| it["value"][0].as_str().unwrap().to_lowercase());
            values
        };
        for member in ["format", "leafEncoding", "tree"] {
            assert_eq!(written[member], dump[member]);
        }
        assert_eq!(sorted(&written), sorted(&dump));
    }
}

#[test]
fn what_is_not_such_a_tree_is_refused() {
    let good = &fitting()[2];
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        Cumulative::read(changed.to_string().as_bytes()).unwrap_err()
    };
    assert!(matches!(with("format", "simple-v1".into()), TreeError::OtherKind(_)));
    assert!(matches!(with("leafEncoding", serde_json::json!(["uint256", "address"])), TreeError::OtherKind(_)));
    assert!(matches!(with("values", serde_json::json!([])), TreeError::OtherKind(_)));
    assert!(matches!(with("tree", serde_json::json!([])), TreeError::NotItsNodes { place: 0, .. }));
    assert!(matches!(with("tree", "x".into()), TreeError::Syntax(_)));
    let mut values = good["values"].as_array().unwrap().clone();
    values.push(values[0].clone());
    assert!(matches!(with("values", values.into()), TreeError::DuplicateMiner(_)));
    let mut values = good["values"].clone();
    values[0]["value"][1] = "1e18".into();
    assert!(matches!(with("values", values), TreeError::Value { index: 0, .. }));
    let large = dumps().into_iter().find(|it| it["values"].as_array().unwrap().len() == 7).unwrap();
    assert!(matches!(Cumulative::read(large.to_string().as_bytes()), Err(TreeError::Value { .. })), "beyond 128 bits");
    assert!(matches!(Cumulative::read(b"{"), Err(TreeError::Syntax(_))));
}
