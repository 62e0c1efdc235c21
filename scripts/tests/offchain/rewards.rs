//! Epoch after epoch: computed, published, computed again, and every file that was changed found out.

use serde_json::Value;

use crate::support::{COR, Desk, miner};

fn amount(value: &Value) -> u128 {
    value.as_str().expect("amounts are strings").parse().expect("and decimal")
}

#[tokio::test]
async fn what_miners_earn_adds_up_over_epochs() {
    let desk = Desk::new();
    let first = desk.compute(7, &[(1, 10, "3", "0"), (2, 5, "1", "0")], 1_000, 400).await;
    assert_eq!(amount(&first.json["cumulativeTotal"]), 1_400);
    // Miner 2 is away, miner 3 is new.
    let second = desk.compute(8, &[(3, 1, "0.5", "0"), (1, 9, "0.5", "0.0")], 100, 0).await;
    assert_eq!(amount(&second.json["cumulativeTotal"]), 1_500);
    for (number, earned) in [(1, 750 + 300 + 50), (2, 250 + 100), (3, 50)] {
        let proof = desk.rewards(&format!("proof {} --epoch 8", miner(number))).await.unwrap();
        assert_eq!(amount(&proof.json["amount"]), earned);
        assert_eq!(proof.json["root"], second.json["root"]);
    }
    assert_eq!(desk.json("book/epoch-8/allocations.json")["previous"]["root"], first.json["root"]);
}

#[tokio::test]
async fn what_has_no_score_behind_it_goes_on_to_the_next_epoch() {
    let desk = Desk::new();
    let free = desk.compute(0, &[(1, 1, "9", "9")], 1_000, 30).await;
    assert_eq!(amount(&free.json["cumulativeTotal"]), 200);
    let nobody = desk.compute(1, &[], 50, 0).await;
    assert_eq!((amount(&nobody.json["carriedOut"]["emission"]), amount(&nobody.json["carriedOut"]["fees"])), (850, 30));
    let paid = desk.compute(2, &[(2, 1, "1", "0")], 0, 0).await;
    assert_eq!(amount(&paid.json["cumulativeTotal"]), 1_080);
    assert_eq!(amount(&paid.json["carriedOut"]["emission"]), 0);
}

#[tokio::test]
async fn until_somebody_earns_there_is_no_tree() {
    let desk = Desk::new();
    let nobody = desk.compute(0, &[], 1_000, 0).await;
    assert_eq!(nobody.json["root"], Value::Null);
    assert!(!desk.path("book/epoch-0/tree.json").exists());
    assert!(desk.rewards("tree --epoch 0").await.unwrap().ok);
    let then = desk.compute(1, &[(1, 1, "1", "0")], 0, 0).await;
    assert_eq!(amount(&then.json["cumulativeTotal"]), 1_000);
}

#[tokio::test]
async fn two_attesters_come_to_the_same_bytes_whatever_the_order_of_the_rows() {
    let (ours, theirs) = (Desk::new(), Desk::new());
    let rows = [(1, 1, "3.25", "1"), (2, 2, "0.75", "0.5"), (9, 3, "7", "0"), (4, 0, "0", "0")];
    let one = ours.compute(0, &rows, 1_000_003, 777).await;
    let mut turned = rows;
    turned.reverse();
    let other = theirs.compute(0, &turned, 1_000_003, 777).await;
    assert_eq!(one.json["root"], other.json["root"]);
    assert_eq!(ours.text("book/epoch-0/tree.json"), theirs.text("book/epoch-0/tree.json"));
    assert_eq!(ours.text("book/epoch-0/stakes.csv"), theirs.text("book/epoch-0/stakes.csv"));
    // The data hash names the scores file as it was published, so it is the same only for the same file.
    assert_ne!(one.json["dataHash"], other.json["dataHash"]);
    let again = Desk::new();
    assert_eq!(again.compute(0, &rows, 1_000_003, 777).await.json["dataHash"], one.json["dataHash"]);
}

#[tokio::test]
async fn an_attester_compares_before_it_votes() {
    let desk = Desk::new();
    let epoch = desk.compute(0, &[(1, 1, "2", "0"), (2, 1, "1", "0")], 1_000, 1).await;
    let [root, hash] = ["root", "dataHash"].map(|it| epoch.json[it].as_str().unwrap().to_owned());
    let right = desk.rewards(&format!("tree --epoch 0 --root {root} --total 1001 --data-hash {hash}")).await.unwrap();
    assert!(right.ok && right.text.contains("the root is the expected one"));
    let wrong = desk.rewards(&format!("tree --epoch 0 --root {hash} --total 1002")).await.unwrap();
    assert!(!wrong.ok);
    assert!(wrong.text.contains(&format!("MISMATCH: the root is {root}, not {hash}")), "{}", wrong.text);
    assert!(wrong.text.contains("MISMATCH: the total is 1001, not 1002"));
}

#[tokio::test]
async fn every_changed_file_is_found_out() {
    let fresh = || async {
        let desk = Desk::new();
        desk.compute(3, &[(1, 1, "2", "0"), (2, 1, "1", "0")], 1_000, 0).await;
        desk.compute(4, &[(1, 1, "2", "0"), (2, 1, "1", "0")], 1_000, 0).await;
        desk
    };
    let desk = fresh().await;
    desk.tamper("book/epoch-4/scores.csv", "1,2,0", "1,3,0");
    assert!(
        desk.refused("rewards --book @book tree --epoch 4")
            .await
            .contains("not the file that the allocations were computed from")
    );

    let desk = fresh().await;
    desk.tamper("book/epoch-4/stakes.csv", "100", "200");
    assert!(desk.refused("rewards --book @book tree --epoch 4").await.contains("stakes.csv"));

    let desk = fresh().await;
    desk.tamper("book/epoch-4/allocations.json", "\"667\"", "\"668\"");
    assert!(desk.refused("rewards --book @book tree --epoch 4").await.contains("do not follow from its inputs"));

    let desk = fresh().await;
    desk.tamper("book/epoch-4/allocations.json", ",", ", ");
    assert!(desk.refused("rewards --book @book tree --epoch 4").await.contains("in other bytes"));

    let desk = fresh().await;
    desk.tamper("book/epoch-3/allocations.json", "\"minimumStake\":\"1", "\"minimumStake\":\"2");
    assert!(desk.refused("rewards --book @book tree --epoch 4").await.contains("goes on from another epoch 3"));

    let desk = fresh().await;
    desk.tamper("book/epoch-4/tree.json", "\"1334\"", "\"1335\"");
    for command in ["tree".to_owned(), format!("proof {}", miner(1)), format!("explain {}", miner(1))] {
        let told = desk.refused(&format!("rewards --book @book {command} --epoch 4")).await;
        assert!(told.contains("tree.json") && told.contains("by its values its node 0 is 0x"), "{told}");
    }
}

#[tokio::test]
async fn a_tree_changed_as_a_whole_is_not_the_epochs() {
    let (desk, other) = (Desk::new(), Desk::new());
    desk.compute(0, &[(1, 1, "2", "0")], 1_000, 0).await;
    other.compute(0, &[(1, 1, "2", "0")], 1_001, 0).await;
    desk.write("book/epoch-0/tree.json", other.text("book/epoch-0/tree.json"));
    let told = desk.refused(&format!("rewards --book @book proof {} --epoch 0", miner(1))).await;
    assert!(told.contains("tree.json of epoch 0 is not the tree of its allocations"), "{told}");
    // The next epoch would be built on it.
    let next = "compute --epoch 1 --scores @scores.csv --stakes @stakes.csv --minimum-stake 0 --emission 1 --fees 1";
    let told = desk.refused(&format!("rewards --book @book {next}")).await;
    assert!(told.contains("its allocations say"), "{told}");
}

#[tokio::test]
async fn epochs_follow_one_another_and_what_is_published_stays() {
    let desk = Desk::new();
    let epoch = desk.compute(5, &[(1, 1, "2", "0")], 1_000, 0).await;
    let line = |epoch, emission| {
        format!(
            "rewards --book @book compute --epoch {epoch} --scores @scores.csv --stakes @stakes.csv --minimum-stake 0 --emission {emission} --fees 0"
        )
    };
    assert!(desk.refused(&line(7, 1)).await.contains("the newest before it"));
    assert!(desk.refused(&line(5, 1)).await.contains("has no epoch before 5"));
    assert!(desk.refused(&format!("{} --first", line(6, 1))).await.contains("cannot be the first"));
    let told = desk.refused(&format!("{} --first", line(5, 999))).await;
    assert!(told.contains("published already"), "{told}");
    let same = line(5, 1_000).replace("--minimum-stake 0", &format!("--minimum-stake {}", 100 * COR));
    let same = desk.run(&format!("{same} --first")).await.expect("the same again changes nothing");
    assert_eq!(same.json["dataHash"], epoch.json["dataHash"]);
}

#[tokio::test]
async fn bad_files_and_missing_stakes_stop_everything() {
    let desk = Desk::new();
    desk.write("scores.csv", format!("miner,tasks,score,free\n{},1,1,0\n{},1,NaN,0\n", miner(1), miner(2)));
    desk.write("stakes.csv", format!("miner,stake\n{},5\n", miner(3)));
    let line = "rewards --book @book compute --epoch 0 --first --scores @scores.csv --stakes @stakes.csv --minimum-stake 1 --emission 1 --fees 0";
    assert!(desk.refused(line).await.contains("scores.csv:3: score: \"NaN\" is not a number"));
    desk.write("scores.csv", format!("miner,tasks,score,free\n{},1,1,0\n", miner(1)));
    assert!(desk.refused(line).await.contains("says nothing of 0x0000000000000000000000000000000000000001"));
    desk.write("stakes.csv", format!("miner,stake\n{},-5\n", miner(1)));
    assert!(desk.refused(line).await.contains("stakes.csv:2: stake: -5 is negative"));
    assert!(!desk.path("book").exists(), "nothing was published");
    assert!(desk.refused(&line.replace("@scores.csv", "@none.csv")).await.contains("none.csv cannot be read"));
    let huge = line.replace("--emission 1", &format!("--emission {}", u128::MAX)).replace("--fees 0", "--fees 1");
    desk.write("stakes.csv", format!("miner,stake\n{},{}\n", miner(1), 5 * COR));
    assert!(desk.refused(&huge).await.contains("beyond 128 bits"));
}

#[tokio::test]
async fn any_bytes_are_refused_or_read_but_never_a_panic() {
    let desk = Desk::new();
    desk.write("stakes.csv", "miner,stake\n");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let alphabet = b"0x19aAfF.,-\n\r\"[]{}:\\ \xff\xefminertasksscorefree";
    for round in 0..300 {
        let bytes: Vec<u8> = (0..round)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                alphabet[(state >> 33) as usize % alphabet.len()]
            })
            .collect();
        for name in ["scores.csv", "scores.json"] {
            let header: &[u8] = if name == "scores.csv" { b"miner,tasks,score,free\n" } else { b"[{\"miner\":" };
            desk.write(name, [header, &bytes].concat());
            let line = format!(
                "compute --epoch 0 --first --scores @{name} --stakes @stakes.csv --minimum-stake 1 --emission 1 --fees 0"
            );
            if let Ok(answer) = desk.rewards(&line).await {
                assert_eq!(answer.json["scored"], 0);
                std::fs::remove_dir_all(desk.path("book")).unwrap();
            }
        }
    }
}
