//! The ten people whom Ulak makes up to practise with. Their numbers can be dialled, so campaigns over real numbers leave
//! them out. The window makes them of the same file.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// By language and by country, all in one order.
#[derive(Default, Deserialize)]
struct MadeUp {
    names: BTreeMap<String, Vec<String>>,
    phones: BTreeMap<String, Vec<String>>,
}

/// By name and phone together, so that whoever really has such a number is written to.
pub fn is_made_up(name: &str, phone: &str) -> bool {
    let MadeUp { names, phones } = made_up();
    let place = phones.values().find_map(|phones| phones.iter().position(|one| one == phone));
    place.is_some_and(|place| names.values().any(|names| names.get(place).is_some_and(|one| one == name)))
}

fn made_up() -> &'static MadeUp {
    static MADE_UP: OnceLock<MadeUp> = OnceLock::new();
    MADE_UP.get_or_init(|| serde_json::from_str(include_str!("made_up.json")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::phone::Phone;

    #[test]
    fn there_are_ten_in_every_language_under_ten_numbers() {
        let MadeUp { names, phones } = made_up();
        assert_eq!(names.keys().collect::<Vec<_>>(), ["en", "id", "tr"]);
        assert_eq!(phones.keys().collect::<Vec<_>>(), ["ID", "TR"]);
        assert!(names.values().chain(phones.values()).all(|ten| ten.len() == 10));
        assert!(phones.values().flatten().all(|phone| Phone::from_e164(phone).is_some()));
    }

    #[test]
    fn a_made_up_person_is_one_by_name_and_phone_together() {
        assert!(is_made_up("Ayşe Yılmaz", "+905385550100"));
        assert!(is_made_up("Henry Cole", "+905385550109"));
        assert!(is_made_up("Dewi Lestari", "+628125550100"));
        assert!(!is_made_up("Ayşe Yılmaz", "+905385550101"), "the number of another one");
        assert!(!is_made_up("Ayşe Yılmaz", "+905385550142"));
        assert!(!is_made_up("Nil Tan", "+905385550100"), "whoever really has it");
    }
}
