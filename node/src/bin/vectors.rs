//! Runs conformance vectors: `vectors FILE...` prints each mismatch as expected against got, and how many passed.

use std::process::ExitCode;

use stylus_devnode::conformance;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: vectors FILE...");
        return ExitCode::FAILURE;
    }
    let (mut passed, mut failed, mut unreadable) = (0u32, 0u32, false);
    for file in &files {
        let vectors = std::fs::read_to_string(file).map_err(|error| error.to_string()).and_then(|text| conformance::check(&text));
        let vectors = match vectors {
            Ok(vectors) => vectors,
            Err(error) => {
                eprintln!("{file}: {error}");
                unreadable = true;
                continue;
            }
        };
        for conformance::Checked { name, mismatches } in vectors {
            if mismatches.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            println!("FAILED {name} ({file})");
            for mismatch in mismatches {
                println!("  {mismatch}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && !unreadable { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
