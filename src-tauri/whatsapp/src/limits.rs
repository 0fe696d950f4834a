//! The limits for writing to strangers: how they are asked for, and how an answer or a notice of a change is read.
//!
//! Numbers come as numbers or as texts, times in seconds; what is missing stays unknown.

use serde_json::{Value, json};
use ulak_core::clock::{Millis, SECOND};
use ulak_core::session::client::{Limits, Signal};
use whatsapp_rust::wacore::iq::mex_operations::{fetch_new_chat_message_capping_info, fetch_reachout_timelock};
use whatsapp_rust::{Client, MexError, MexRequest};

pub async fn ask(client: &Client) -> Result<Limits, MexError> {
    let lock = MexRequest::new(fetch_reachout_timelock::NAME, fetch_reachout_timelock::DOC_ID, json!({}));
    let quota = MexRequest::new(
        fetch_new_chat_message_capping_info::NAME,
        fetch_new_chat_message_capping_info::DOC_ID,
        json!({ "input": { "type": "INDIVIDUAL_NEW_CHAT_MSG" } }),
    );
    let mut limits = Limits::default();
    merge(&mut limits, &client.mex().query(lock).await?.data.unwrap_or_default());
    merge(&mut limits, &client.mex().query(quota).await?.data.unwrap_or_default());
    Ok(limits)
}

/// What a notice of the server says, if it is about limits.
pub fn of_notice(payload: &Value) -> Option<Signal> {
    let mut limits = Limits::default();
    let (tells_quota, tells_lock) = merge(&mut limits, payload.get("data").unwrap_or(payload));
    (tells_quota || tells_lock).then_some(Signal::Limits { limits, tells_quota, tells_lock })
}

/// Answers whether there was anything about the quota, and about the lock.
fn merge(limits: &mut Limits, data: &Value) -> (bool, bool) {
    let find = |names: [&str; 2]| names.iter().find_map(|name| data.get(name)).filter(|value| value.is_object());
    let lock = find(["xwa2_fetch_account_reachout_timelock", "xwa2_notify_account_reachout_timelock"]);
    let quota = find(["xwa2_message_capping_info", "xwa2_notify_new_chat_messages_capping_info_update"]);
    if let Some(lock) = lock {
        let active = lock.get("is_active").and_then(Value::as_bool).unwrap_or(false);
        limits.locked_until = lock.get("time_enforcement_ends").and_then(time).filter(|_| active);
    }
    if let Some(quota) = quota {
        limits.new_chats_used = quota.get("used_quota").and_then(count);
        limits.new_chats_quota = quota.get("total_quota").and_then(count);
        limits.quota_renews_at = quota.get("cycle_end_timestamp").and_then(time);
    }
    (quota.is_some(), lock.is_some())
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn count(value: &Value) -> Option<u32> {
    u32::try_from(number(value)?).ok()
}

fn time(value: &Value) -> Option<Millis> {
    number(value).filter(|seconds| *seconds > 0).map(|seconds| seconds.saturating_mul(SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_and_lock_are_read_as_numbers_and_as_texts() {
        let mut limits = Limits::default();
        let lock = json!({ "xwa2_fetch_account_reachout_timelock":
            { "is_active": true, "time_enforcement_ends": "1770000000", "enforcement_type": "DEFAULT" } });
        assert_eq!(merge(&mut limits, &lock), (false, true));
        let quota = json!({ "xwa2_message_capping_info":
            { "total_quota": 50, "used_quota": "12", "cycle_end_timestamp": "1760000000" } });
        assert_eq!(merge(&mut limits, &quota), (true, false));
        let expected = Limits {
            new_chats_used: Some(12),
            new_chats_quota: Some(50),
            quota_renews_at: Some(1_760_000_000_000),
            locked_until: Some(1_770_000_000_000),
        };
        assert_eq!(limits, expected);
    }

    #[test]
    fn a_lock_that_is_over_is_none_and_other_notices_say_nothing() {
        let over = json!({ "data": { "xwa2_notify_account_reachout_timelock":
            { "is_active": false, "time_enforcement_ends": "1770000000" } } });
        let told = Signal::Limits { limits: Limits::default(), tells_quota: false, tells_lock: true };
        assert_eq!(of_notice(&over), Some(told));
        assert_eq!(of_notice(&json!({ "data": { "xwa2_newsletter": {} } })), None);
        assert_eq!(of_notice(&Value::Null), None);
    }
}
