//! A start function would run before its frame has ink, so there is none: on a debug chain it becomes an export that
//! nobody calls, elsewhere the module is refused. Elsewhere, too, exports and names beyond those that ArbOS needs are
//! dropped, before they are counted.

use wasmparser::{Export, ExternalKind};

use crate::vm::Rejection;
use crate::vm::module::Module;

const START: &str = "stylus_start";

pub(super) fn move_start(module: &mut Module<'_>, debug: bool) -> Result<(), Rejection> {
    if let Some(index) = module.start.take() {
        if !debug {
            return Err(Rejection::Start);
        }
        module.exports.push(Export { name: START, kind: ExternalKind::Func, index });
    }
    if !debug {
        module.exports.retain(|export| {
            matches!((export.kind, export.name), (ExternalKind::Func, "user_entrypoint") | (ExternalKind::Memory, "memory"))
        });
        module.name = "";
    }
    Ok(())
}
