//! Vouchers: what other wallets sign and check, what is refused, and sums over gateways.

use serde_json::Value;

use crate::support::Desk;

const FEES: &str = "0x1111111111111111111111111111111111111111";
const SIGNER: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
/// signTypedData of ethers 6 for app 7, epoch 3, 123456 units, chain 412346, by the key of 32 bytes 0x46.
const BY_ETHERS: &str = "0x7a9151e93d2ba70be1abe6a611f55bbebe0c5c3870fb25abfe87ad5ef88768eb177b0adca0acf2cd44c5fcb28264c06dbfb631989e26e1187f1c05fd02d055fb1b";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.key("key", &format!("0x{}\n", "46".repeat(32)));
    desk
}

fn signing(chain_id: &str) -> String {
    format!("--chain-id {chain_id} --app-fees {FEES} --private-key-file @key")
}

async fn signed(desk: &Desk, units: &str) -> Value {
    desk.run(&format!("voucher sign --app 7 --epoch 3 --units {units} {}", signing("412346"))).await.unwrap().json
}

async fn count(desk: &Desk, gateway: &str, units: u64) {
    desk.write(gateway, format!(r#"{{"gateway":"{gateway}","appId":7,"epoch":"3","cumulativeUnits":"{units}"}}"#));
}

#[tokio::test]
async fn a_voucher_is_what_ethers_signs() {
    let desk = desk();
    let voucher = signed(&desk, "123456").await;
    assert_eq!(voucher["signature"], BY_ETHERS);
    assert_eq!(voucher["domain"]["name"], "Cortensor App Fees");
    assert_eq!(voucher["usage"]["cumulativeUnits"], "123456");
    desk.write("v", voucher.to_string());
    let verified = desk.run(&format!("voucher verify @v --signer {SIGNER} --chain-id 0x64aba --app-fees {FEES}")).await.unwrap();
    assert_eq!(verified.json["signer"].as_str().map(str::to_lowercase), Some(SIGNER.to_lowercase()));
    assert!(verified.text.contains("app 7 used 123456 units in epoch 3"));
}

#[tokio::test]
async fn a_chain_id_is_a_number_or_nothing_is_signed() {
    let desk = desk();
    for chain_id in ["412346", "0x64aba"] {
        let line = format!("voucher sign --app 7 --epoch 3 --units 123456 {}", signing(chain_id));
        assert_eq!(desk.run(&line).await.unwrap().json["signature"], BY_ETHERS);
    }
    for chain_id in ["412346abc", "NaN", "null", "-1", "4.0"] {
        let line = format!("voucher sign --app 7 --epoch 3 --units 1 {}", signing(chain_id));
        assert!(desk.refused(&line).await.contains(chain_id));
    }
    // In a file, too: an integer, its decimal and its hexadecimal string are one number, all else is none.
    let voucher = signed(&desk, "123456").await;
    for (written, good) in
        [("412346", true), ("\"0x64aba\"", true), ("\"412346abc\"", false), ("null", false), ("412346.0", false), ("true", false)]
    {
        desk.write("v", voucher.to_string().replace("\"412346\"", written));
        assert_eq!(desk.run("voucher verify @v").await.is_ok(), good, "{written}");
    }
}

#[tokio::test]
async fn each_changed_field_is_another_signer() {
    let desk = desk();
    let voucher = signed(&desk, "123456").await.to_string();
    let right = format!("voucher verify @v --chain-id 412346 --app-fees {FEES}");
    for (from, to) in [("\"7\"", "\"8\""), ("\"3\"", "\"4\""), ("\"123456\"", "\"123457\""), ("7a9151e9", "7a9151ea")] {
        assert!(voucher.contains(from), "{from}");
        desk.write("v", voucher.replacen(from, to, 1));
        let told = desk.refused(&right).await;
        assert!(told.contains("signed it, not") || told.contains("belongs to nobody"), "{told}");
    }
    desk.write("v", &voucher);
    assert!(desk.run(&right).await.is_ok());
    for other in [format!("--chain-id 42161 --app-fees {FEES}"), format!("--chain-id 412346 --app-fees {SIGNER}")] {
        let told = desk.refused(&format!("voucher verify @v {other}")).await;
        assert!(told.contains("it is signed for \"Cortensor App Fees\" version \"1\" at"), "{told}");
    }
    desk.write("v", voucher.replace("Cortensor App Fees", "USD Coin"));
    let told = desk.refused("voucher verify @v").await;
    assert!(told.contains("\"USD Coin\"") && told.contains("\"Cortensor App Fees\""), "both names: {told}");
    desk.write("v", &voucher);
    assert!(desk.refused(&format!("voucher verify @v --signer {FEES}")).await.contains("signed it, not"));
}

#[tokio::test]
async fn a_signature_that_the_contract_refuses_is_refused_here() {
    let desk = desk();
    let voucher = signed(&desk, "123456").await.to_string();
    let with = |signature: String| voucher.replace(BY_ETHERS, &signature);
    // The other signature of the same meaning: s becomes the order less s, v changes sides.
    let high = format!("0x{}{}1c", &BY_ETHERS[2..66], "e884f5235f530d32bb3a034d7d9b3f90faf8ab4e1121bf2340b6588fcd65eb46");
    for (signature, reason) in [
        (high, "upper half"),
        (BY_ETHERS[..130].to_owned(), "65 bytes, not 64"),
        (format!("{}00", &BY_ETHERS[..130]), "v is 0"),
        (format!("0x{}1b", "0".repeat(128)), "nobody"),
        (format!("{}1c", &BY_ETHERS[..130]), "signed it, not"),
    ] {
        desk.write("v", with(signature));
        let told = desk.refused("voucher verify @v").await;
        assert!(told.contains(reason), "{reason}: {told}");
    }
}

#[tokio::test]
async fn gateways_add_up_to_one_voucher() {
    let desk = desk();
    count(&desk, "eu", 100).await;
    count(&desk, "us", 23).await;
    let first = desk.run(&format!("voucher sum @eu @us {}", signing("412346"))).await.unwrap().json;
    assert_eq!(first["usage"]["cumulativeUnits"], "123");
    desk.write("first", first.to_string());
    assert!(desk.run("voucher verify @first").await.is_ok());
    // Only one gateway reports; the other keeps its count.
    count(&desk, "us", 50).await;
    let second = desk.run(&format!("voucher sum @us --previous @first {}", signing("412346"))).await.unwrap().json;
    assert_eq!(second["usage"]["cumulativeUnits"], "150");
    assert_eq!(second["gateways"][0]["gateway"], "eu");
}

/// D11: what was counted once is not counted again, and nothing is too much for one sum.
#[tokio::test]
async fn forty_thousand_counts_are_one_exact_sum_and_the_next_run_brings_only_what_is_new() {
    let desk = desk();
    let count = |gateway: u64, units: u64| {
        format!("{{\"gateway\":\"g{gateway}\",\"appId\":7,\"epoch\":3,\"cumulativeUnits\":\"{units}\"}}\n")
    };
    // Beyond what a double holds.
    let units = |gateway: u64| 9_007_199_254_740_993 / 40_000 + gateway * gateway;
    desk.write("all", (0..40_000).map(|it| count(it, units(it))).collect::<String>());
    let began = std::time::Instant::now();
    let line = format!("voucher sum @all {}", signing("412346"));
    let first = desk.run(&line).await.unwrap().json;
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    let total: u64 = (0..40_000).map(units).sum();
    assert_eq!(first["usage"]["cumulativeUnits"], total.to_string());
    assert_eq!(first["gateways"].as_array().map(Vec::len), Some(40_000));
    desk.write("first", first.to_string());

    desk.write("new", [count(5, units(5) + 1), count(9, units(9) + 2), count(40_000, 4)].concat());
    let second = desk.run(&format!("voucher sum @new --previous @first {}", signing("412346"))).await.unwrap().json;
    assert_eq!(second["usage"]["cumulativeUnits"], (total + 7).to_string());
    desk.write("second", second.to_string());
    assert!(desk.run("voucher verify @second").await.is_ok());
    // Nothing new is nothing to sign.
    let told = desk.refused(&format!("voucher sum @new --previous @second {}", signing("412346"))).await;
    assert!(told.contains(&format!("the sum is {0}, not more than the {0}", total + 7)), "{told}");
    desk.write("torn", count(1, 5) + "{\"gateway\":");
    assert!(desk.refused(&format!("voucher sum @torn {}", signing("412346"))).await.contains("line 2"));
}

#[tokio::test]
async fn a_lower_or_repeated_count_is_refused_with_both_numbers() {
    let desk = desk();
    count(&desk, "eu", 100).await;
    count(&desk, "us", 50).await;
    let first = desk.run(&format!("voucher sum @eu @us {}", signing("412346"))).await.unwrap().json;
    desk.write("first", first.to_string());
    let follow = format!("--previous @first {}", signing("412346"));

    count(&desk, "eu", 99).await;
    count(&desk, "us", 500).await;
    let told = desk.refused(&format!("voucher sum @eu @us {follow}")).await;
    assert!(told.contains("eu counts 99, less than the 100"), "{told}");
    count(&desk, "eu", 100).await;
    count(&desk, "us", 50).await;
    let told = desk.refused(&format!("voucher sum @eu @us {follow}")).await;
    assert!(told.contains("the sum is 150, not more than the 150"), "{told}");
    desk.write("again", r#"{"gateway":"eu","appId":7,"epoch":3,"cumulativeUnits":120}"#);
    let told = desk.refused(&format!("voucher sum @eu @again {}", signing("412346"))).await;
    assert!(told.contains("eu is there twice, with 100 and with 120"), "{told}");
    for units in ["149", "150"] {
        let told = desk.refused(&format!("voucher sign --app 7 --epoch 3 --units {units} {follow}")).await;
        assert!(told.contains(&format!("the sum is {units}, not more than the 150")), "{told}");
    }
}

#[tokio::test]
async fn only_counts_of_one_app_and_epoch_add_up() {
    let desk = desk();
    count(&desk, "eu", 100).await;
    desk.write("other", r#"{"gateway":"us","appId":8,"epoch":3,"cumulativeUnits":1}"#);
    let told = desk.refused(&format!("voucher sum @eu @other {}", signing("412346"))).await;
    assert!(told.contains("us counts for app 8 in epoch 3, not for app 7 in epoch 3"), "{told}");
    desk.write("huge", format!(r#"{{"gateway":"us","appId":7,"epoch":3,"cumulativeUnits":"0x{}"}}"#, "f".repeat(64)));
    assert!(desk.refused(&format!("voucher sum @eu @huge {}", signing("412346"))).await.contains("beyond 256 bits"));
    desk.write("extra", r#"{"gateway":"us","appId":7,"epoch":3,"cumulativeUnits":1,"units":2}"#);
    assert!(desk.refused(&format!("voucher sum @extra {}", signing("412346"))).await.contains("units"));
}
