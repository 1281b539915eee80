//! Switches of the instance, as rows: names and values that somebody has set.

use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View};
use crate::rows::Statement;

const SETTINGS: &str = "settings";
const ALL: Statement = Statement::find(SETTINGS, &["name", "value"], "ORDER BY name");
const SET: Statement = Statement::insert(
    SETTINGS,
    &["name", "value", "changed_at"],
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
     WHERE settings.value <> excluded.value",
);

/// Every switch that was ever set, with its value.
pub async fn all<V: View>(view: &mut V) -> Result<Vec<(String, String)>> {
    let found = view.find(&ALL, &[]).await?;
    found.iter().map(|found| Ok((found.text("name")?, found.text("value")?))).collect()
}

/// Sets a switch. Says whether it had another value, or none.
pub async fn set<T: Transaction>(
    tx: &mut T,
    name: &str,
    value: &str,
    now: Timestamp,
) -> Result<bool> {
    let values = [name.into(), value.into(), now.as_millis().into()];
    Ok(tx.change(&SET, &values).await? == 1)
}
