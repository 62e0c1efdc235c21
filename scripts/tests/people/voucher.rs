//! Vouchers as a gateway sees them: what it is told before it signs, and what never counts.

use corflow::people::Person::*;
use serde_json::{Value, json};

use crate::{
    desk::{DAY, Desk, held, wei},
    line::Said,
};

/// A running epoch, and an app of Ben's whose vouchers Guardian signs, with 500 COR in escrow: 500,000 units.
struct Gateway {
    desk: Desk,
    epoch: u64,
}

impl Gateway {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let register = format!("app register --signer {} --fee-cap 1000 --uri https://app", desk.address(Guardian));
        held(&desk.by(Ben, &register).await);
        held(&desk.by(Ben, "app topup 1 500").await);
        let epoch = desk.run("epoch").await.expect("an epoch").json["epoch"]["epoch"].as_str().expect("one").parse();
        Self { desk, epoch: epoch.expect("a number") }
    }

    fn there(&self) -> String {
        format!("--app-fees {} --rpc {}", self.desk.running.network.fees, self.desk.running.node.endpoint())
    }

    /// Signs, keeps what was signed in a file, and gives all that was said.
    fn sign(&self, file: &str, epoch: u64, units: u64, key: &str) -> Said {
        let there = self.there();
        let line = format!("voucher sign --app 1 --epoch {epoch} --units {units} {there} --private-key-file @{key} --json");
        let said = self.desk.program(&line);
        if said.code == Some(0) {
            self.desk.write(file, &said.json.to_string());
        }
        said
    }

    /// The same without asking the chain.
    async fn blindly(&self, file: &str, epoch: u64, units: u64, key: &str) {
        let fees = self.desk.running.network.fees;
        let line = format!(
            "voucher sign --app 1 --epoch {epoch} --units {units} --chain-id 412346 --app-fees {fees} --private-key-file @{key}"
        );
        self.desk.write(file, &self.desk.bare_run(&line).await.json.to_string());
    }

    fn verify(&self, file: &str) -> Said {
        self.desk.program(&format!("voucher verify @{file} {} --json", self.there()))
    }

    async fn check(&self, units: u64) -> Value {
        self.desk.run(&format!("app check 1 --units {units}")).await.expect("a check").json
    }

    /// Settles by Cleo, and gives how many transactions she sent.
    async fn settle(&self, files: &str) -> (Value, String, u64) {
        let cleo = self.desk.address(Cleo);
        let before = self.desk.nonce(cleo, "latest").await;
        let settled = self.desk.run(&format!("voucher settle {files} --private-key-file @cleo")).await.expect("it ends");
        (settled.json, settled.text, self.desk.nonce(cleo, "latest").await - before)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d04_escrow_that_leaves_is_said_at_once_and_is_not_counted_as_there() {
    let gateway = Gateway::open().await;
    let Gateway { desk, epoch, .. } = &gateway;
    let said = gateway.sign("first", *epoch, 100_000, "guardian");
    assert!(said.code == Some(0) && said.errors.is_empty(), "all is well: {}", said.errors);
    assert_eq!(gateway.check(500_000).await["leaving"], Value::Null);

    // From the request on. Vouchers of the running epoch are paid from what leaves, too.
    held(&desk.by(Ben, "app exit 1 --request 300").await);
    let leaving = "300 COR of the escrow are leaving, and can be taken from 20";
    let said = gateway.sign("second", *epoch, 200_000, "guardian");
    assert!(said.code == Some(0) && said.errors.starts_with(&format!("note: {leaving}")), "{}", said.errors);
    assert!(said.errors.trim_end().ends_with(&format!("only vouchers up to epoch {epoch} spend them")), "{}", said.errors);
    let check = desk.run("app check 1 --units 500000").await.expect("a check");
    assert!(check.ok && check.text.contains(leaving) && check.json["leaving"]["pays"] == true, "{}", check.text);
    assert_eq!(check.json["leaving"]["amount"], wei(300));

    // Those of the next one are not.
    desk.pass(7 * DAY).await;
    let next = epoch + 1;
    let check = desk.run("app check 1 --units 300000").await.expect("a check");
    assert!(!check.ok && check.json["largest"] == "200000" && check.json["leaving"]["pays"] == false, "{}", check.text);
    assert!(check.text.contains(leaving) && check.text.contains("and so not this one"), "{}", check.text);
    assert!(gateway.check(200_000).await["ok"] == true, "what stays is there");
    let said = gateway.sign("third", next, 300_000, "guardian");
    assert!(said.code == Some(0), "{}", said.errors);
    for words in
        ["note: 200000 units of it would be counted now, not more: the escrow is used up", leaving, "and so not this one"]
    {
        assert!(said.errors.contains(words), "{words}: {}", said.errors);
    }
    let said = gateway.verify("third");
    assert_eq!((said.code, &said.json["ok"], &said.json["outlook"]["largest"]), (Some(1), &json!(false), &json!("200000")));
    assert_eq!(said.json["outlook"]["leaving"]["lastEpoch"], *epoch);
    desk.write("eu", &format!(r#"{{"gateway":"eu","appId":1,"epoch":{next},"cumulativeUnits":250000}}"#));
    let said = desk.program(&format!("voucher sum @eu {} --private-key-file @guardian --json", gateway.there()));
    assert!(said.code == Some(0) && said.errors.contains("note: 200000 units of it"), "{}", said.errors);
    assert_eq!(said.json["usage"]["cumulativeUnits"], "250000");

    // The voucher of the epoch before is paid by what leaves, while it counts.
    let said = gateway.verify("second");
    assert!(said.code == Some(0) && said.json["outlook"]["leaving"]["pays"] == true, "{}", said.errors);
    let (settled, text, sent) = gateway.settle("@second @third").await;
    assert_eq!(sent, 1, "{text}");
    assert_eq!((&settled["vouchers"][0]["units"], &settled["vouchers"][1]["units"]), (&json!("200000"), &json!("200000")));
    let usage = desk.run("app usage 1").await.expect("usage").json["usage"].clone();
    assert_eq!((&usage["escrow"], &usage["leaving"]), (&json!("0"), &json!(wei(100))));
}

#[tokio::test(flavor = "multi_thread")]
async fn d06_d12_what_never_counts_is_said_once_and_spoils_nothing() {
    let gateway = Gateway::open().await;
    let Gateway { desk, epoch, .. } = &gateway;
    // Before anything is served for it.
    let said = gateway.sign("never", *epoch, 10, "ada");
    let by = format!("are signed by {}, and this one by {}", desk.address(Guardian), desk.address(Ada));
    assert!(said.code == Some(1) && said.errors.contains("nothing was signed, for it would never count"), "{}", said.errors);
    assert!(said.errors.contains(&by), "{}", said.errors);
    assert_eq!(gateway.sign("late", *epoch, 10, "guardian").code, Some(0));
    desk.pass(8 * DAY + 60).await;
    let said = gateway.sign("later", *epoch, 20, "guardian");
    assert!(said.code == Some(1) && said.errors.contains("its epoch takes no more vouchers"), "{}", said.errors);
    let said = gateway.verify("late");
    assert_eq!((said.code, &said.json["outlook"]["neverCounts"]), (Some(1), &json!(true)));

    // Nobody there, and nobody to sign, are told apart by the exit code here as everywhere.
    let nowhere = "--rpc http://127.0.0.1:1/secret-path --app-fees 0x1111111111111111111111111111111111111111";
    let settle = format!("voucher settle @late --deployments @deployments.json --rpc {}", desk.running.node.endpoint());
    for (line, code, says) in [
        (format!("voucher sign --app 1 --epoch 1 --units 1 {nowhere} --private-key-file @guardian"), 5, "does not say its id"),
        (format!("voucher verify @late {nowhere}"), 5, "does not say its id"),
        (format!("voucher settle @late {nowhere} --private-key-file @cleo"), 5, "does not answer"),
        (settle.clone(), 4, "who signs?"),
        (format!("{settle} --private-key-file @nowhere"), 4, "cannot be read"),
    ] {
        let said = desk.program(&line);
        assert!(said.code == Some(code) && said.errors.contains(says), "{line}: {:?} {}", said.code, said.errors);
        assert!(!said.errors.contains("secret-path"), "{line}: {}", said.errors);
    }

    // However often it is brought, nothing is sent.
    let running = epoch + 1;
    for units in 1..=9 {
        gateway.blindly(&format!("bad{units}"), running, units, "ada").await;
    }
    let bad = (1..=9).map(|units| format!("@bad{units}")).collect::<Vec<_>>().join(" ");
    for _ in 0..2 {
        let (settled, text, sent) = gateway.settle(&format!("@late {bad}")).await;
        assert!(sent == 0 && text.contains("nothing would be counted: nothing was sent"), "{text}");
        let vouchers = settled["vouchers"].as_array().expect("vouchers");
        assert_eq!(vouchers.len(), 10);
        assert!(vouchers.iter().all(|it| it["neverCounts"] == true && it["whyNotMore"].is_string()));
        assert_eq!(text.matches("it never counts: do not send it again").count(), 10, "each once: {text}");
    }
    // And beside a good one they are left out of the transaction.
    assert_eq!(gateway.sign("good", running, 10, "guardian").code, Some(0));
    let (settled, text, sent) = gateway.settle(&format!("{bad} @good")).await;
    assert_eq!(sent, 1, "{text}");
    let counted: Vec<_> = settled["vouchers"].as_array().expect("vouchers").iter().filter(|it| it["units"] == "10").collect();
    assert!(counted.len() == 1 && counted[0]["status"] == "Settled" && counted[0]["neverCounts"] == false, "{text}");
    let hash = &settled["transactions"][0]["transaction"];
    let receipt = desk.get("eth_getTransactionReceipt", json!([hash])).await;
    let ours = |log: &&Value| log["address"].as_str() == Some(&format!("{:#x}", desk.running.network.fees));
    assert_eq!(receipt["logs"].as_array().expect("logs").iter().filter(ours).count(), 1, "one voucher was sent");
}
