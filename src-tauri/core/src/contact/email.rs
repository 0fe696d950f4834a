//! Which columns of a list hold a person's own e-mail address, by their names. Pure.

use super::fold::fold;

/// What such columns are called.
pub const NAMES: &[&str] = &["email", "e mail", "eposta", "e posta", "mail", "surel", "posta"];

/// What may stand beside it, and says nothing of whose it is.
const BESIDE: [&str; 4] = ["adres", "adresi", "address", "alamat"];

/// Whether a field is the person's own address: its whole name says so. An accountant's is a field, too.
pub fn is_own(field: &str) -> bool {
    let folded = fold(field);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let telling = words.filter(|word| !BESIDE.contains(word) && !word.bytes().all(|byte| byte.is_ascii_digit()));
    NAMES.contains(&telling.collect::<Vec<_>>().join(" ").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persons_own_address_only() {
        for own in
            ["email", "E-posta", "e_posta", "e-mail address", "E-posta adresi", "alamat email", "mail 2", "Surel"]
        {
            assert!(is_own(own), "{own}");
        }
        for other in
            ["accountant mail", "Muhasebeci e-posta", "Referansın e-postası", "email of the boss", "adres", "2", ""]
        {
            assert!(!is_own(other), "{other}");
        }
    }
}
