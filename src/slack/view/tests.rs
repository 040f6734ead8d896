//! What people read, as transcripts; and that no text, however long or hostile, breaks a message.

mod plain;
mod cast;
mod huddle;
mod helping;
mod asking;
mod limits;
mod trouble;
