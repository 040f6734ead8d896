//! Block Kit: what is allowed, what it holds, how it reads.

pub mod limits;
pub mod mentions;
pub mod normal;
pub mod plain;
pub(crate) mod tables;
pub mod validate;
pub mod values;
