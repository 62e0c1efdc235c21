//! The name section, of which the module's own name counts towards a limit.

use wasmparser::{CustomSectionReader, KnownCustom, Name};

use crate::vm::Rejection;

/// The module's name, empty if it has none. A section that cannot be read refuses the module.
pub(super) fn module_name<'a>(section: &CustomSectionReader<'a>) -> Result<&'a str, Rejection> {
    let KnownCustom::Name(names) = section.as_known() else {
        return Ok("");
    };
    let mut module = "";
    for name in names {
        match name? {
            Name::Module { name, .. } => module = name,
            Name::Function(functions) => {
                for naming in functions {
                    naming?;
                }
            }
            _ => {}
        }
    }
    Ok(module)
}
