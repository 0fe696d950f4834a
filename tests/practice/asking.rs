//! What is asked is answered by the Ulak that runs over the folder as by a command that opens it itself.

use serde_json::Value;

use crate::harness::{Harness, Running};

/// Every line of a command that succeeds.
fn told(harness: &Harness, arguments: &[&str]) -> Vec<Value> {
    let output = harness.ulak(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Which campaigns or messages these lines are of.
fn which(lines: &[Value]) -> Vec<Value> {
    lines.iter().map(|line| line.get("messageId").or(line.get("id")).cloned().unwrap()).collect()
}

#[test]
fn campaigns_the_log_and_tokens_are_told_by_whoever_has_the_data_open() {
    let harness = Harness::new();
    let list = harness.list(3);
    assert!(harness.practice(&["--contacts", &list, "--text", "Merhaba {{name}}"]).status.success());
    let token = |name: &str| ["programs", "--make", name].map(str::to_owned);
    let make = |name: &str| told(&harness, &token(name).each_ref().map(String::as_str));
    assert_eq!(make("Shop")[0]["event"], "token");
    let questions = [
        &["campaigns"][..],
        &["campaigns", "--group", "over"],
        &["log"],
        &["log", "Kişi 1", "--limit", "2"],
        &["log", "--state", "failed"],
    ];
    let alone = questions.map(|question| told(&harness, question));
    assert_eq!(alone[0].len(), 1, "{alone:?}");
    assert_eq!((&alone[0][0]["event"], alone[2].len()), (&Value::from("campaign"), 3));

    let mut serve = Running::start(harness.ulak(&["serve"]));
    serve.until("serving", |event| event["event"] == "serving");
    for (question, alone) in questions.into_iter().zip(&alone) {
        assert_eq!(which(&told(&harness, question)), which(alone), "{question:?}");
    }
    let file = harness.folder.path().join("log.csv").display().to_string();
    assert_eq!(told(&harness, &["log", "--out", &file])[0]["messages"], 3);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 4, "a header and three messages");
    let made = make("Billing");
    let ending = made[1]["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "Billing").unwrap();
    assert!(made[0]["token"].as_str().unwrap().ends_with(ending["ending"].as_str().unwrap()));
    let left = told(&harness, &["programs", "--withdraw", ending["ending"].as_str().unwrap()]);
    assert_eq!(left[0]["tokens"].as_array().unwrap().len(), 1, "{left:?}");
    // What is refused is refused there too.
    let refused = harness.ulak(&["log", "--number", "nobody"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("send.no_such_number"), "{refused:?}");
    assert!(std::process::Command::new("kill").arg(serve.child.id().to_string()).status().unwrap().success());
    assert!(serve.child.wait().unwrap().success());
}
