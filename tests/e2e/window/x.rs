//! What a manager of windows does when its owner presses the cross: the window is asked to close. The display of these
//! tests has no such manager, so it is said to the display itself, in X's own protocol.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// Asks the window of this number.
pub fn ask_to_close(window: &str) {
    let window: u32 = window.parse().unwrap();
    let mut display = Display::open();
    let [protocols, delete] = ["WM_PROTOCOLS", "WM_DELETE_WINDOW"].map(|name| display.atom(name));
    let mut event = vec![33_u8, 32, 0, 0];
    for word in [window, protocols, delete, 0, 0, 0, 0] {
        event.extend(word.to_le_bytes());
    }
    // SendEvent, to nobody but the window.
    let mut asked = vec![25_u8, 0];
    asked.extend(11_u16.to_le_bytes());
    asked.extend(window.to_le_bytes());
    asked.extend(0_u32.to_le_bytes());
    asked.extend(event);
    display.0.write_all(&asked).unwrap();
    // Whatever is answered was done after it.
    display.atom("WM_PROTOCOLS");
}

struct Display(UnixStream);

impl Display {
    fn open() -> Self {
        let display = std::env::var("DISPLAY").unwrap();
        let number = display.split(':').nth(1).and_then(|rest| rest.split('.').next()).unwrap().to_owned();
        let mut stream = UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).expect("there is no display");
        let (name, cookie) = cookie().unwrap_or_default();
        let mut hello = vec![b'l', 0, 11, 0, 0, 0];
        hello.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        hello.extend(u16::try_from(cookie.len()).unwrap().to_le_bytes());
        hello.extend([0, 0]);
        for part in [name, cookie] {
            hello.extend(&part);
            hello.extend(vec![0; part.len().next_multiple_of(4) - part.len()]);
        }
        stream.write_all(&hello).unwrap();
        let mut head = [0; 8];
        stream.read_exact(&mut head).unwrap();
        let mut rest = vec![0; usize::from(u16::from_le_bytes([head[6], head[7]])) * 4];
        stream.read_exact(&mut rest).unwrap();
        assert_eq!(head[0], 1, "the display lets nobody in: {}", String::from_utf8_lossy(&rest));
        Self(stream)
    }

    fn atom(&mut self, name: &str) -> u32 {
        let mut asked = vec![16_u8, 0];
        let padded = name.len().next_multiple_of(4);
        asked.extend(u16::try_from(2 + padded / 4).unwrap().to_le_bytes());
        asked.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        asked.extend([0, 0]);
        asked.extend(name.as_bytes());
        asked.extend(vec![0; padded - name.len()]);
        self.0.write_all(&asked).unwrap();
        let mut answer = [0; 32];
        self.0.read_exact(&mut answer).unwrap();
        assert_eq!(answer[0], 1, "the display knows no {name}");
        u32::from_le_bytes([answer[8], answer[9], answer[10], answer[11]])
    }
}

/// The first of the file that says how to get in: its kind and its bytes.
fn cookie() -> Option<(Vec<u8>, Vec<u8>)> {
    let file = std::fs::read(std::env::var_os("XAUTHORITY")?).ok()?;
    let mut rest = file.get(2..)?;
    let mut next = || {
        let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        let part = rest.get(2..2 + length)?.to_vec();
        rest = rest.get(2 + length..)?;
        Some(part)
    };
    let (_address, _number) = (next()?, next()?);
    Some((next()?, next()?))
}
