//! Where a webhook may lead: a program on this computer, or an https address on the internet; an address in the owner's
//! own network only where the owner allows that. Asked of the URL when it is saved, and of every address that its name
//! leads to when it is connected to. A page that is looked at for a link lies on the internet, by http too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::error::Coded;

/// Which addresses may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This computer.
    Here,
    /// The internet.
    Far,
    /// The internet and the owner's own network.
    Near,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("it must begin with https://, or http:// where it leads to this computer")]
    NotAnAddress,
    #[error("only https leaves this computer, because anybody on the way could read along")]
    NotSecret,
    #[error("a name and a password do not belong in it")]
    Credentials,
    #[error("it leads into your own network, and that is not allowed for this one")]
    Private,
    #[error("nothing answers there")]
    Nowhere,
}

impl Coded for AddressError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAnAddress => "webhook.not_an_address",
            Self::NotSecret => "webhook.not_secret",
            Self::Credentials => "webhook.credentials",
            Self::Private => "webhook.private",
            Self::Nowhere => "webhook.nowhere",
        }
    }
}

const LONGEST: usize = 2_000;

/// The address as it is kept, and what it may reach. With `near`, http may go into the owner's own network too.
pub fn checked(text: &str, near: bool) -> Result<(String, Reach), AddressError> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| AddressError::NotAnAddress)?;
    let secret = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(AddressError::NotAnAddress),
    };
    if text.len() > LONGEST {
        return Err(AddressError::NotAnAddress);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    let far = if near { Reach::Near } else { Reach::Far };
    let reach = match url.host().ok_or(AddressError::NotAnAddress)? {
        Host::Domain(name) if is_this_computer(name) => Reach::Here,
        Host::Domain(_) => far,
        Host::Ipv4(ip) => of_literal(IpAddr::V4(ip), far)?,
        Host::Ipv6(ip) => of_literal(IpAddr::V6(ip), far)?,
    };
    // With `near` a name may lead into the own network, where certificates are rare; what that allows is asked again of
    // its addresses.
    if !secret && reach == Reach::Far {
        return Err(AddressError::NotSecret);
    }
    Ok((url.into(), reach))
}

/// The address of a page, without the place in it. What its name leads to is asked again when it is connected to.
pub fn page(text: &str, reach: Reach) -> Result<String, AddressError> {
    let mut url = Url::parse(text).map_err(|_| AddressError::NotAnAddress)?;
    if !matches!(url.scheme(), "https" | "http") || text.len() > LONGEST {
        return Err(AddressError::NotAnAddress);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    match url.host().ok_or(AddressError::NotAnAddress)? {
        Host::Domain(name) if is_this_computer(name) && reach != Reach::Here => return Err(AddressError::Private),
        Host::Domain(_) => {}
        Host::Ipv4(ip) => refuse_outside(IpAddr::V4(ip), reach)?,
        Host::Ipv6(ip) => refuse_outside(IpAddr::V6(ip), reach)?,
    }
    url.set_fragment(None);
    Ok(url.into())
}

fn refuse_outside(ip: IpAddr, reach: Reach) -> Result<(), AddressError> {
    match place(ip) {
        place if reach.takes(place) => Ok(()),
        Place::Here | Place::Near => Err(AddressError::Private),
        Place::Far | Place::Nowhere => Err(AddressError::Nowhere),
    }
}

/// Where `to` leads, as it is written at `from`.
pub fn onward(from: &str, to: &str) -> Option<String> {
    Some(Url::parse(from).ok()?.join(to.trim()).ok()?.into())
}

/// What of an address is shown and written into logs: no path and no query, which may hold a secret.
pub fn shown(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn is_this_computer(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn of_literal(ip: IpAddr, far: Reach) -> Result<Reach, AddressError> {
    match place(ip) {
        Place::Here => Ok(Reach::Here),
        place if far.takes(place) => Ok(far),
        Place::Near => Err(AddressError::Private),
        Place::Far | Place::Nowhere => Err(AddressError::Nowhere),
    }
}

impl Reach {
    /// Whether a connection may be made to `ip`. A name on the internet may not lead to this computer.
    pub fn allows(self, ip: IpAddr) -> bool {
        self.takes(place(ip))
    }

    /// Whether a request without encryption may go to `ip`.
    pub fn allows_in_the_clear(self, ip: IpAddr) -> bool {
        self.allows(ip) && matches!(place(ip), Place::Here | Place::Near)
    }

    fn takes(self, place: Place) -> bool {
        matches!(
            (self, place),
            (Self::Here, Place::Here) | (Self::Far | Self::Near, Place::Far) | (Self::Near, Place::Near)
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Here,
    Near,
    Far,
    /// Groups, everybody, examples and what is kept for later.
    Nowhere,
}

fn place(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(ip) => place_4(ip),
        IpAddr::V6(ip) => match within(ip) {
            Some(ip) => place_4(ip),
            None => place_6(ip),
        },
    }
}

fn place_4(ip: Ipv4Addr) -> Place {
    let [a, b, c, _] = ip.octets();
    match (a, b) {
        (127, _) => Place::Here,
        // Shared by a provider's customers, and the own link: where clouds keep what their machines may know.
        _ if ip.is_private() || ip.is_link_local() || (a == 100 && (64..128).contains(&b)) => Place::Near,
        _ if ip.is_multicast() || ip.is_broadcast() || ip.is_documentation() || a == 0 || a >= 240 => Place::Nowhere,
        (192, 0) if c == 0 => Place::Nowhere,
        (198, 18 | 19) => Place::Nowhere,
        _ => Place::Far,
    }
}

fn place_6(ip: Ipv6Addr) -> Place {
    let [first, second, ..] = ip.segments();
    match first {
        _ if ip.is_loopback() => Place::Here,
        0xfc00..=0xfdff | 0xfe80..=0xfebf | 0xfec0..=0xfeff => Place::Near,
        0x2001 if second == 0x0db8 || second < 0x0200 => Place::Nowhere,
        0x2000..=0x3fff => Place::Far,
        _ => Place::Nowhere,
    }
}

/// The address of the older kind that one of the newer kind stands for: such a one leads where that one does.
fn within(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = ip.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_this_computer_or_by_https_to_the_internet() {
        let reach = |text: &str, near| checked(text, near).map(|(_, reach)| reach);
        for (text, far, near) in [
            ("http://127.0.0.1:8080/hook", Ok(Reach::Here), Ok(Reach::Here)),
            ("http://localhost/hook", Ok(Reach::Here), Ok(Reach::Here)),
            ("http://[::1]:9000/", Ok(Reach::Here), Ok(Reach::Here)),
            ("http://2130706433/", Ok(Reach::Here), Ok(Reach::Here)),
            ("https://shop.example/hook?key=1", Ok(Reach::Far), Ok(Reach::Near)),
            ("https://8.8.8.8/", Ok(Reach::Far), Ok(Reach::Near)),
            ("http://shop.example/", Err(AddressError::NotSecret), Ok(Reach::Near)),
            ("https://192.168.1.20/", Err(AddressError::Private), Ok(Reach::Near)),
            ("http://192.168.1.20/", Err(AddressError::Private), Ok(Reach::Near)),
            ("https://169.254.169.254/latest", Err(AddressError::Private), Ok(Reach::Near)),
            ("https://[fd00::1]/", Err(AddressError::Private), Ok(Reach::Near)),
            ("https://[::ffff:10.0.0.1]/", Err(AddressError::Private), Ok(Reach::Near)),
            ("https://0.0.0.0/", Err(AddressError::Nowhere), Err(AddressError::Nowhere)),
            ("https://255.255.255.255/", Err(AddressError::Nowhere), Err(AddressError::Nowhere)),
            ("https://user:word@shop.example/", Err(AddressError::Credentials), Err(AddressError::Credentials)),
            ("ftp://shop.example/", Err(AddressError::NotAnAddress), Err(AddressError::NotAnAddress)),
            ("shop.example", Err(AddressError::NotAnAddress), Err(AddressError::NotAnAddress)),
            ("", Err(AddressError::NotAnAddress), Err(AddressError::NotAnAddress)),
        ] {
            assert_eq!((reach(text, false), reach(text, true)), (far, near), "{text}");
        }
    }

    #[test]
    fn what_a_name_leads_to_is_asked_again() {
        let allowed = |reach: Reach, ip: &str| reach.allows(ip.parse().unwrap());
        for (ip, here, far, near) in [
            ("127.0.0.1", true, false, false),
            ("::1", true, false, false),
            ("::ffff:127.0.0.1", true, false, false),
            ("10.1.2.3", false, false, true),
            ("100.64.0.1", false, false, true),
            ("169.254.169.254", false, false, true),
            ("64:ff9b::a00:1", false, false, true),
            ("2002:c0a8:0101::1", false, false, true),
            ("fe80::1", false, false, true),
            ("fd12::1", false, false, true),
            ("93.184.216.34", false, true, true),
            ("2606:2800:220:1::1", false, true, true),
            ("0.0.0.0", false, false, false),
            ("224.0.0.1", false, false, false),
            ("192.0.2.1", false, false, false),
            ("2001:db8::1", false, false, false),
            ("::", false, false, false),
            ("ff02::1", false, false, false),
        ] {
            let all = [Reach::Here, Reach::Far, Reach::Near].map(|reach| allowed(reach, ip));
            assert_eq!(all, [here, far, near], "{ip}");
        }
        assert!(!Reach::Near.allows_in_the_clear("93.184.216.34".parse().unwrap()));
        assert!(Reach::Near.allows_in_the_clear("192.168.1.2".parse().unwrap()));
    }

    #[test]
    fn a_page_lies_on_the_internet() {
        for (text, found) in [
            ("http://lale.example/a#b", Ok("http://lale.example/a")),
            ("https://LALE.example", Ok("https://lale.example/")),
            ("https://8.8.8.8/", Ok("https://8.8.8.8/")),
            ("https://localhost/", Err(AddressError::Private)),
            ("https://shop.localhost./", Err(AddressError::Private)),
            ("http://127.0.0.1/", Err(AddressError::Private)),
            ("http://0x7f.1/", Err(AddressError::Private)),
            ("http://[::ffff:10.0.0.1]/", Err(AddressError::Private)),
            ("http://169.254.169.254/", Err(AddressError::Private)),
            ("http://0.0.0.0/", Err(AddressError::Nowhere)),
            ("https://user:word@lale.example/", Err(AddressError::Credentials)),
            ("file:///etc/passwd", Err(AddressError::NotAnAddress)),
            ("lale.example", Err(AddressError::NotAnAddress)),
        ] {
            assert_eq!(page(text, Reach::Far), found.map(str::to_owned), "{text}");
        }
        assert_eq!(page("http://127.0.0.1:8080/", Reach::Here), Ok("http://127.0.0.1:8080/".to_owned()));
        assert_eq!(page("http://8.8.8.8/", Reach::Here), Err(AddressError::Nowhere));
        assert_eq!(onward("https://lale.example/a/b", " ../c.png ").as_deref(), Some("https://lale.example/c.png"));
    }

    #[test]
    fn what_is_shown_of_an_address_holds_no_secret() {
        assert_eq!(shown("https://shop.example/hook/secret?key=1"), "shop.example");
        assert_eq!(shown("nonsense"), "");
    }
}
