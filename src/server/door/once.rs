//! A payload is dealt with once. What came of it is answered again when it comes again.

use crate::rules::id::UserId;
use crate::rules::private::{Private, Reply};
use crate::slack::inbound::What;
use crate::slack::view;
use crate::store::{self, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a refused payload's sender is told.
#[derive(Serialize, Deserialize)]
pub(super) enum Told {
    Line(String),
    /// At its field in the open modal: (block_id, line).
    Fields(Vec<(String, String)>),
}

/// A private line as its reader reads it.
pub(super) async fn words(tx: &mut Tx, reader: &UserId, private: &Private) -> store::Result<String> {
    let names = store::people::names(tx).await?;
    let zone = store::people::person(tx, reader).await?.zone;
    let zone = if zone.is_empty() { "UTC" } else { &zone };
    Ok(view::private::private(private, &|id| names.get(id).cloned().unwrap_or_else(|| id.0.clone()), zone))
}

/// What its sender was told, if a payload was refused before.
pub(super) async fn refused_before(tx: &mut Tx, seen: &str) -> store::Result<Option<Told>> {
    let before = store::seen::refused(tx, seen).await?;
    Ok(before.map(|told| serde_json::from_str(&told).unwrap_or(Told::Line(told))))
}

/// A payload that was here before changes nothing, and its sender is answered as then: what was
/// refused stays refused, in the same words, whatever has become possible since.
pub(super) async fn once(tx: &mut Tx, seen: &str, what: &What) -> store::Result<Option<Told>> {
    if !store::seen::first(tx, seen).await? {
        return refused_before(tx, seen).await;
    }
    let told = match (super::take(tx, what).await?, what.sender()) {
        (Reply::Private(private), Some(reader)) => Told::Line(words(tx, reader, &private).await?),
        (Reply::Fields(lines), _) => Told::Fields(lines),
        (Reply::Done | Reply::Private(_), _) => return Ok(None),
    };
    store::seen::refuse(tx, seen, &json!(told).to_string()).await?;
    Ok(Some(told))
}
