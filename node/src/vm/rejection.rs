//! Why a module is refused at activation.

use wasmparser::BinaryReaderError;

/// What is wrong with a module, with the numbers that say by how much.
#[derive(Debug, thiserror::Error)]
pub(super) enum Rejection {
    /// Not a valid module under the features that ArbOS allows.
    #[error("invalid module: {0}")]
    Invalid(#[from] BinaryReaderError),
    /// A section that no program may have.
    #[error("unsupported section: {0}")]
    Section(&'static str),
    /// Only functions can be imported.
    #[error("import {module}.{name} is not a function")]
    ImportKind { module: String, name: String },
    /// Imported twice as different functions.
    #[error("import {module}.{name} has two signatures")]
    ImportConflict { module: String, name: String },
    /// Not a function of the host.
    #[error("no host function {module}.{name}")]
    ImportUnknown { module: String, name: String },
    /// A debug function on a chain without them.
    #[error("host function {module}.{name} is not enabled: the chain does not allow debug functions")]
    ImportDebug { module: String, name: String },
    /// A function of the host, but of another type.
    #[error("import {module}.{name} has the wrong signature: expected {expected}, got {got}")]
    ImportSignature { module: String, name: String, expected: String, got: String },
    /// An export hides an import of the same name.
    #[error("export {0} has the name of an import")]
    ExportHidesImport(String),
    /// Names that belong to the instrumentation.
    #[error("name {0} is reserved: it begins with stylus")]
    Reserved(String),
    /// A start function on a chain without debug functions.
    #[error("start functions are not allowed")]
    Start,
    /// A global that is not initialised by exactly one constant.
    #[error("initial value of global {0} is not a single constant")]
    GlobalInit(usize),
    /// No memory, or none under the name `memory`.
    #[error("missing memory export with name memory")]
    NoMemory,
    /// No exported function `user_entrypoint`.
    #[error("missing export with name user_entrypoint")]
    NoEntrypoint,
    /// An entry point of another type.
    #[error("wrong type for user_entrypoint: expected (i32) -> (i32), got {0}")]
    EntrypointType(String),
    /// More initial memory than a program can have at all.
    #[error("initial memory of {got} pages exceeds {limit}")]
    Memory { got: u64, limit: u64 },
    /// More initial memory than is left in this transaction.
    #[error("initial memory of {got} pages exceeds the {limit} that are left")]
    PageLimit { got: u64, limit: u16 },
    /// Memory that can grow, and no way to pay for it.
    #[error("memory can grow, but pay_for_memory_grow is not imported")]
    NoPayForMemoryGrow,
    /// Too many of something.
    #[error("too many {what}: {got} > {limit}")]
    TooMany { what: &'static str, got: u64, limit: u64 },
    /// An operator that validates, but that the instrumentation does not allow.
    #[error("operator not supported: {0}")]
    Operator(String),
    /// Floating-point arithmetic.
    #[error("floating point operation not supported: {0}")]
    Float(String),
    /// A tall operand stack.
    #[error("too many values on the stack at once in function {function}: {got} > {limit}")]
    OperandStack { function: usize, got: u32, limit: u32 },
    /// A large frame.
    #[error("frame of function {function} is too large: {got} > {limit} words")]
    Frame { function: usize, got: u32, limit: u32 },
    /// A segment that is not placed by one constant.
    #[error("{0} segment does not have a constant i32 offset")]
    SegmentOffset(&'static str),
    /// A segment past the end of its memory or table.
    #[error("{what} segment of {len} at {offset} is out of bounds of {size}")]
    SegmentBounds { what: &'static str, offset: i32, len: u64, size: u64 },
    /// A table of anything but functions.
    #[error("tables can hold functions only")]
    TableType,
    /// Elements given as expressions.
    #[error("elements given as expressions are not supported")]
    ElementExpressions,
    /// An estimate that does not fit the program's entry in ArbOS.
    #[error("{0} is too high: {1}")]
    Estimate(&'static str, u64),
}
