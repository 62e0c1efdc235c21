//! The debug console: it costs nothing, and only chains that allow debug functions have it.

use std::fmt::Display;

use wasmtime::{Caller, Linker};

use super::{Frame, Hook, Purpose, enter};

const CONSOLE: &str = "console";
const DEBUG: &str = "debug";

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    linker.func_wrap(CONSOLE, "log_txt", |caller: Caller<'_, Frame>, text: u32, len: u32| {
        enter(caller, Purpose::Host, |hook| {
            let text = hook.bytes(text, len)?;
            hook.host().console(&String::from_utf8_lossy(&text));
            hook.note("console_log_text", &[&text], &[]);
            Ok(())
        })
    })?;

    macro_rules! console {
        ($($log:literal, $tee:literal: $ty:ty;)*) => {$(
            linker.func_wrap(CONSOLE, $log, |caller: Caller<'_, Frame>, value: $ty| {
                enter(caller, Purpose::Host, |hook| {
                    let text = say(hook, value);
                    hook.note("console_log", &[text.as_bytes()], &[]);
                    Ok(())
                })
            })?;
            linker.func_wrap(CONSOLE, $tee, |caller: Caller<'_, Frame>, value: $ty| {
                enter(caller, Purpose::Host, |hook| {
                    say(hook, value);
                    Ok(value)
                })
            })?;
        )*};
    }
    console! {
        "log_i32", "tee_i32": i32;
        "log_i64", "tee_i64": i64;
        "log_f32", "tee_f32": f32;
        "log_f64", "tee_f64": f64;
    }

    for name in ["null_host", "start_benchmark", "end_benchmark"] {
        linker.func_wrap(DEBUG, name, move |caller: Caller<'_, Frame>| {
            enter(caller, Purpose::Host, |hook| {
                hook.note(name, &[], &[]);
                Ok(())
            })
        })?;
    }
    Ok(())
}

fn say(hook: &mut Hook<'_>, value: impl Display) -> String {
    let text = value.to_string();
    hook.host().console(&text);
    text
}
