//! Why this amount, why nothing, and what would change it.

use crate::support::{COR, Desk, miner};

async fn explained(desk: &Desk, number: u8, epoch: u64) -> String {
    desk.rewards(&format!("explain {} --epoch {epoch}", miner(number))).await.unwrap().text
}

#[tokio::test]
async fn an_amount_is_explained_by_numbers_that_can_be_checked_by_hand() {
    let desk = Desk::new();
    desk.compute(0, &[(1, 1, "1", "0")], 5 * COR, 0).await;
    desk.compute(1, &[(1, 12, "100", "20"), (2, 3, "100", "80")], 1_000 * COR, 500 * COR).await;
    // P = 80 + 20, Q = 20 + 80: half of all is free, above 20%.
    let text = explained(&desk, 1, 1).await;
    for part in [
        "in epoch 1: 1080 COR",
        "12 tasks, score 100: 80 that apps paid for, 20 on free allowances",
        "100 COR at stake, at least 100 COR needed: counts",
        "100 paid and 100 free score counts: free score is 50.00% of all, so of emission it gets the cap of 20%",
        "of 1000 COR (1000 COR of this epoch, 0 COR carried into it), 4 * 80 / (5 * 100) + 20 / (5 * 100) = 680 COR",
        "by paid score only, 80 / 100 = 400 COR",
        "680 COR + 400 COR = 1080 COR",
        "5 COR (up to epoch 0) + 1080 COR = 1085 COR",
        "rebuilt from 2 amounts: the leaf 0x",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(!text.contains("would change it"), "{text}");
}

#[tokio::test]
async fn below_the_cap_all_score_counts_alike() {
    let desk = Desk::new();
    desk.compute(0, &[(1, 1, "10", "2"), (2, 1, "10", "0")], 10 * COR, 0).await;
    let text = explained(&desk, 1, 0).await;
    assert!(text.contains("free score is 10.00% of all, not above the cap of 20%"), "{text}");
    assert!(text.contains("(8 + 2) / (18 + 2) = 5 COR"), "{text}");
    assert!(text.contains("fees: apps paid none in this epoch"), "{text}");
}

#[tokio::test]
async fn too_little_stake_is_named_with_what_is_missing_and_what_it_would_give() {
    let desk = Desk::new();
    desk.write("scores.csv", format!("miner,tasks,score,free\n{},1,1,0\n{},1,3,0\n", miner(1), miner(2)));
    desk.write("stakes.csv", format!("miner,stake\n{},{}\n{},{}\n", miner(1), 40 * COR, miner(2), 100 * COR));
    let line = format!(
        "compute --epoch 0 --first --scores @scores.csv --stakes @stakes.csv --minimum-stake {} --emission {} --fees {}",
        100 * COR,
        8 * COR,
        4 * COR
    );
    desk.rewards(&line).await.unwrap();
    let text = explained(&desk, 1, 0).await;
    assert!(text.contains("in epoch 0: 0 COR"), "{text}");
    assert!(text.contains("40 COR at stake, less than the 100 COR needed: counts for nothing"), "{text}");
    assert!(
        text.contains(
            "would change it: 60 COR more at stake: with that, and all else the same, 2 COR of emission and 1 COR of fees"
        ),
        "{text}"
    );
    assert!(text.contains("none of them this miner's"), "{text}");
}

#[tokio::test]
async fn nothing_has_its_reasons() {
    let desk = Desk::new();
    desk.compute(0, &[(1, 0, "0", "0"), (2, 1, "1", "1"), (3, 1, "1", "0")], 10 * COR, COR).await;
    assert!(explained(&desk, 9, 0).await.contains("would change it: being assigned work by the network"));
    assert!(explained(&desk, 1, 0).await.contains("would change it: any score"));
    assert!(explained(&desk, 2, 0).await.contains("would change it: work for apps that pay"));
    desk.compute(1, &[(1, 1, "0.000000000000000001", "0"), (3, 1, "1000", "0")], 10, 10).await;
    assert!(explained(&desk, 1, 1).await.contains("its share is less than one wei"));
    desk.compute(2, &[(1, 1, "1", "0")], 0, 0).await;
    let text = explained(&desk, 1, 2).await;
    assert!(text.contains("emission: there was none in this epoch") && text.contains("fees: apps paid none"), "{text}");
}

#[tokio::test]
async fn an_explanation_is_about_the_root_that_is_asked_for() {
    let desk = Desk::new();
    let root = desk.compute(0, &[(1, 1, "1", "0")], 10, 0).await.json["root"].as_str().unwrap().to_owned();
    let line = format!("explain {} --epoch 0 --root", miner(1));
    assert!(desk.rewards(&format!("{line} {root}")).await.unwrap().ok);
    let other = format!("0x{}", "12".repeat(32));
    let wrong = desk.rewards(&format!("{line} {other}")).await.unwrap();
    assert!(!wrong.ok && wrong.text.contains("MISMATCH"), "{}", wrong.text);
    assert_eq!(wrong.json["steps"][0]["about"], "work");
    assert_eq!(wrong.json["earned"]["emission"], "10");
}
