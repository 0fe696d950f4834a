//! The plain text of a mail's HTML: what it says, for readers that show no HTML. Pure.

/// Elements whose content is not said.
const SILENT: [&str; 4] = ["head", "style", "script", "title"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 12] = ["div", "p", "table", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "li", "section"];

/// Lines without blanks at their ends, and never two empty ones in a row.
pub fn plain(html: &str) -> String {
    let mut said = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at(at);
        say(&mut said, text);
        rest = tag(&mut said, from);
    }
    say(&mut said, rest);
    tidied(&said)
}

/// Takes a tag from the front, with its content where that is not said, and gives what is behind it.
fn tag<'a>(said: &mut String, from: &'a str) -> &'a str {
    if let Some(comment) = from.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let Some((inside, rest)) = from.get(1..).and_then(|inside| inside.split_once('>')) else { return "" };
    let name: String = inside.trim_start_matches('/').chars().take_while(|c| c.is_alphanumeric()).collect();
    let name = name.to_ascii_lowercase();
    let opens = !inside.starts_with('/') && !inside.ends_with('/');
    if opens && SILENT.contains(&name.as_str()) {
        let end = format!("</{name}");
        return rest.to_ascii_lowercase().find(&end).and_then(|at| rest.get(at..)).unwrap_or("");
    }
    if name == "br" || BLOCKS.contains(&name.as_str()) && !said.ends_with('\n') {
        said.push('\n');
    }
    rest
}

fn say(said: &mut String, text: &str) {
    let words = unescaped(text);
    let begins = words.starts_with(char::is_whitespace) && !said.ends_with(char::is_whitespace);
    if begins && !said.is_empty() {
        said.push(' ');
    }
    let joined = words.split_whitespace().collect::<Vec<_>>().join(" ");
    said.push_str(&joined);
    if !joined.is_empty() && words.ends_with(char::is_whitespace) {
        said.push(' ');
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        match behind.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest))) {
            Some((c, after)) => {
                plain.push(c);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "zwnj" | "shy" => '\u{200c}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            return char::from_u32(code);
        }
    })
}

fn tidied(said: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in said.lines().map(str::trim) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    let text = lines.join("\n");
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_says_is_said_in_lines() {
        for (html, text) in [
            ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three\n"),
            ("a<br>b<br/>c", "a\nb\nc\n"),
            ("<head><title>x</title><style>p { color: red }</style></head><body>Said</body>", "Said\n"),
            ("<!-- <p>not said</p> -->Said", "Said\n"),
            ("<b>bold</b> and <i>not</i>", "bold and not\n"),
            ("A &lt;b&gt; &#199;a&#x11f;la &unknown; &", "A <b> Çağla &unknown; &\n"),
            ("<div>  </div><div>\n\n</div>", ""),
            ("<div><div>a</div></div>\n\n<div>b</div>", "a\nb\n"),
            ("<br><br>a<br><br><br>b", "a\n\nb\n"),
            ("broken <p", "broken\n"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }
}
