//! THE STORY, one file per chapter: load, decide, commit. No network, and no word that people read.
//! Every function takes a transaction and neither begins nor commits one.

pub mod apply;
pub mod shift_start;
pub mod answer;
pub mod form;
pub mod check_in;
pub mod digest;
pub mod stuck;
pub mod people;
pub mod trouble;
pub mod due;
mod wanted;
