//! What validators publish about an epoch: who did how much.

use alloy_primitives::Address;
use economics::allocation::Work;
use words::number::{Misread, SCORE_DECIMALS, address, decimal, plain};

use super::rows::{Fault, Faults, table};

/// What one miner did in an epoch, by the validators of inference and of useful work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Who worked.
    pub miner: Address,
    /// How many tasks. It is published with the score and told with it, and changes no amount.
    pub tasks: u64,
    /// The score, in units of 10^-18.
    pub score: u128,
    /// The part of it that came from free allowances.
    pub free: u128,
}

impl Score {
    /// The part that apps paid for.
    pub fn paid(&self) -> u128 {
        self.score.saturating_sub(self.free)
    }

    /// What it counts for with so much stake.
    pub fn with_stake(&self, stake: u128) -> Work {
        Work { miner: self.miner, paid: self.paid(), free: self.free, stake }
    }
}

/// Reads a scores file: the columns miner, tasks, score and free, as CSV or as a JSON array of objects. The scores come by
/// ascending address, whatever their order in the file.
pub fn read(file: &str, bytes: &[u8]) -> Result<Vec<Score>, Faults> {
    let mut scores = table(file, bytes, ["miner", "tasks", "score", "free"], |[miner, tasks, score, free]| {
        let value = |column| move |misread| Fault::Value { column, misread };
        let miner = address(miner).map_err(value("miner"))?;
        let tasks = decimal(tasks, 0).map_err(value("tasks"))?;
        let tasks = u64::try_from(tasks)
            .map_err(|_| value("tasks")(Misread::Overflow { written: tasks.to_string(), most: u64::MAX.to_string() }))?;
        let score = decimal(score, SCORE_DECIMALS).map_err(value("score"))?;
        let free = decimal(free, SCORE_DECIMALS).map_err(value("free"))?;
        if free > score {
            let [free, score] = [free, score].map(|it| plain(it, SCORE_DECIMALS));
            return Err(Fault::FreeAboveScore { free, score });
        }
        Ok((miner, Score { miner, tasks, score, free }))
    })?;
    scores.sort_unstable_by_key(|it| it.miner);
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0x00000000000000000000000000000000000000aa";
    const B: &str = "0x00000000000000000000000000000000000000bb";

    fn faults(file: &str, text: &str) -> Vec<(u64, Fault)> {
        read(file, text.as_bytes()).expect_err(text).told
    }

    fn value(column: &'static str, misread: Misread) -> Fault {
        Fault::Value { column, misread }
    }

    #[test]
    fn csv_and_json_read_the_same() {
        let csv = format!("\u{feff}score, free,miner,tasks\r\n1.5,0.25,{A},12\r\n\r\n3,0,{B},0\r\n");
        let json = format!(
            r#"[ {{"miner":"{A}","tasks":12,"score":1.5,"free":"0.25"}},
                 {{"free":0,"score":3,"miner":"{B}","tasks":0}} ]"#
        );
        let scores = read("s.csv", csv.as_bytes()).unwrap();
        assert_eq!(scores, read("s.json", json.as_bytes()).unwrap());
        assert_eq!(scores, read("s", json.as_bytes()).unwrap(), "known by its look");
        assert_eq!(scores[0].score, 1_500_000_000_000_000_000);
        assert_eq!(scores[0].paid(), 1_250_000_000_000_000_000);
    }

    #[test]
    fn json_numbers_keep_every_digit() {
        let json =
            format!(r#"[{{"miner":"{A}","tasks":9007199254740993,"score":9007199254740993.000000000000000001,"free":0}}]"#);
        let score = read("s.json", json.as_bytes()).unwrap()[0];
        assert_eq!((score.tasks, score.score % 1_000_000_000_000_000_000), ((1 << 53) + 1, 1));
    }

    #[test]
    fn each_bad_row_is_named_by_its_line() {
        let csv = format!(
            "miner,tasks,score,free\n{A},1,1,0\n{A},2,2,0\n{B},1,-1,0\nbob,1,1,0\n{B},1,NaN,0\n{B},1,1,2\n{B},1.5,1,0\n\
             {B},1,1\n0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,1,1,0\n{B},1,1e30,0\n{B},18446744073709551616,1,0\n"
        );
        let told = faults("s.csv", &csv);
        assert_eq!(told.iter().map(|it| it.0).collect::<Vec<_>>(), (3..=12).collect::<Vec<u64>>());
        assert_eq!(told[0].1, Fault::DuplicateMiner { miner: A.parse().unwrap(), first: 2 });
        assert_eq!(told[1].1, value("score", Misread::Negative("-1".into())));
        assert_eq!(told[2].1, value("miner", Misread::NotAnAddress("bob".into())));
        assert_eq!(told[3].1, value("score", Misread::NotANumber("NaN".into())));
        assert_eq!(told[4].1, Fault::FreeAboveScore { free: "2".into(), score: "1".into() });
        assert_eq!(told[5].1, value("tasks", Misread::TooPrecise { written: "1.5".into(), decimals: 0 }));
        assert_eq!(told[6].1, Fault::Syntax("3 values for 4 columns".into()));
        assert!(matches!(&told[7].1, Fault::Value { column: "miner", misread: Misread::BadChecksum { .. } }));
        assert_eq!(told[8].1, value("score", Misread::NotANumber("1e30".into())));
        assert!(matches!(&told[9].1, Fault::Value { column: "tasks", misread: Misread::Overflow { .. } }));
    }

    #[test]
    fn bad_rows_of_json_are_named_by_line_too() {
        let row = |miner: &str, score: &str| format!(r#"{{"miner":"{miner}","tasks":1,"score":{score},"free":0}}"#);
        let json =
            format!("[\n{},\n{},\n  {},\n{}\n]", row(A, "1"), row(B, "null"), row(A, "2"), row(B, "340282366920938463464"));
        let told = faults("s.json", &json);
        assert_eq!(told[0], (3, value("score", Misread::NotANumber("null".into()))));
        assert_eq!(told[1], (4, Fault::DuplicateMiner { miner: A.parse().unwrap(), first: 2 }));
        assert!(matches!(&told[2], (5, Fault::Value { column: "score", misread: Misread::Overflow { .. } })));
        assert_eq!(faults("s.json", "[\n{\n\"miner\":\"\",\"score\":1,\"free\":0}]")[0], (2, Fault::MissingColumn("tasks")));
        assert_eq!(faults("s.json", "[{\"miner\":1,\n\"miner\":2}]")[0], (1, Fault::RepeatedColumn("miner".into())));
        assert!(matches!(&faults("s.json", "[\n5]")[0], (2, Fault::Syntax(_))));
        assert!(matches!(&faults("s.json", "[\n{\"miner\":\n")[0], (3 | 4, Fault::Syntax(_))));
    }

    #[test]
    fn columns_are_exactly_the_four() {
        assert_eq!(faults("s.csv", "miner,tasks,score\n")[0], (1, Fault::MissingColumn("free")));
        assert_eq!(faults("s.csv", "miner,tasks,score,fre\n")[0], (1, Fault::UnknownColumn("fre".into())));
        assert_eq!(faults("s.csv", "miner,tasks,score,score,free\n")[0], (1, Fault::RepeatedColumn("score".into())));
        assert_eq!(faults("s.csv", "")[0], (1, Fault::MissingColumn("miner")));
        assert_eq!(read("s.csv", b"miner,tasks,score,free\n"), Ok(Vec::new()));
        assert_eq!(read("s.csv", b"miner,tasks,score,free\n\xff").unwrap_err().told[0].0, 2);
    }

    #[test]
    fn many_faults_are_counted_and_the_first_told() {
        let csv = format!("miner,tasks,score,free\n{}", "x,1,1,0\n".repeat(50));
        let faults = read("s.csv", csv.as_bytes()).unwrap_err();
        assert_eq!((faults.told.len(), faults.count), (20, 50));
        assert!(faults.to_string().starts_with("s.csv:2: miner: \"x\" is not an address"));
        assert!(faults.to_string().ends_with("and 30 more"));
    }
}
