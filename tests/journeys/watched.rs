//! Folders that triggers look into: what is put there by programs that can only write files.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use ulak_core::app::Problem;
use ulak_core::app::programs::{FolderView, LastFile};
use ulak_core::clock::{Clock as _, MINUTE};
use ulak_core::contact::{Return, Standing};
use ulak_core::ids::TriggerId;
use ulak_core::ledger::Book;
use ulak_core::testing::World;
use ulak_core::trigger::folder::silent::Silence;
use ulak_core::trigger::folder::{Brings, SETTLED};
use ulak_core::trigger::{Binding, Comparison, Condition, TriggerEdit};

use crate::at;
use crate::triggers::invoice;

const HEADER: &str = "No;Tutar;Ad;Telefon\n";
const ELIF: &str = "F-1;1.850,00;Elif;0532 555 01 42\n";
const CAN: &str = "F-2;90,00;Can;0532 555 01 43\n";
const ADA: &str = "F-3;75,00;Ada;0532 555 01 44\n";

/// A world with a trigger that reads invoices out of a folder.
struct Shop {
    world: World,
    folder: TempDir,
    trigger: TriggerId,
}

impl Shop {
    async fn open(change: impl FnOnce(&mut Binding)) -> Result<Self, Problem> {
        let world = World::at(at(0, 12, 0)).await?;
        let of_rows = |binding: &mut Binding| {
            (binding.phone, binding.name, binding.key) = ("Telefon".to_owned(), "Ad".to_owned(), String::new());
            binding.variables =
                [("fatura", "No"), ("tutar", "Tutar")].map(|(to, from)| (to.into(), from.into())).into();
            change(binding);
        };
        let trigger = invoice(&world, of_rows).await?.id;
        let shop = Self { world, folder: tempfile::tempdir().unwrap(), trigger };
        shop.watch(Brings::Messages).await?;
        Ok(shop)
    }

    async fn watch(&self, brings: Brings) -> Result<(), Problem> {
        self.world.app.programs().watch_folder(self.trigger, Some(self.folder.path()), brings).await?;
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn names(&self, within: &str) -> Vec<String> {
        names(&self.path(within))
    }

    /// The report beside a file, without its header and its mark.
    fn report(&self, of: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(&format!("{of}.report.csv"))).unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    async fn look(&self) -> Result<(), Problem> {
        self.world.app.programs().look_into_folders().await
    }

    /// Looks twice, so far apart that what does not change is complete.
    async fn take(&self) -> Result<(), Problem> {
        self.look().await?;
        self.world.clock.set(self.world.clock.now() + SETTLED);
        self.look().await
    }

    async fn view(&self) -> Result<FolderView, Problem> {
        let view = self.world.app.programs().triggers().await?;
        Ok(view.folders.into_iter().find(|folder| folder.trigger_id == self.trigger).expect("a folder"))
    }

    async fn last(&self) -> Result<LastFile, Problem> {
        Ok(self.view().await?.last.expect("a file"))
    }

    /// Who got which text, in the order of the texts.
    async fn sent(&mut self) -> Result<Vec<String>, Problem> {
        let until = self.world.clock.now() + 30 * MINUTE;
        self.world.run_until(until).await?;
        let mut texts: Vec<_> = self.world.phone.sent().into_iter().filter_map(|sent| sent.text).collect();
        texts.sort();
        Ok(texts)
    }

    async fn restart(self) -> Result<Self, Problem> {
        let Self { world, folder, trigger } = self;
        Ok(Self { world: world.restart().await?, folder, trigger })
    }

    fn notices(&self) -> Vec<String> {
        self.world.app.notices().into_iter().map(|notice| notice.problem.code).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = fs::read_dir(folder).map(|entries| entries.map(name).collect()).unwrap_or_default();
    names.sort();
    names
}

fn text(name: &str, no: &str, total: &str) -> String {
    format!("Sayın {name}, {no} numaralı faturanız {total} TL.")
}

#[tokio::test]
async fn a_half_written_file_waits_until_its_program_is_done() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}F-2;90"));
    shop.put("faturalar.csv.tmp", "x");
    shop.put("~$faturalar.xlsx", "x");
    shop.put("notlar.txt", "x");
    shop.look().await?;
    shop.world.clock.set(shop.world.clock.now() + SETTLED - 1);
    // It grows at the last moment, so the wait begins anew.
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}{CAN}"));
    shop.look().await?;
    shop.world.clock.set(shop.world.clock.now() + SETTLED - 1);
    shop.look().await?;
    assert_eq!((shop.view().await?.waiting, shop.names("done").len()), (1, 0));
    assert_eq!(shop.sent().await?, Vec::<String>::new());
    shop.look().await?;
    assert_eq!(shop.sent().await?, [text("Can", "F-2", "90,00"), text("Elif", "F-1", "1.850,00")]);
    assert_eq!(shop.names("done"), ["faturalar.csv", "faturalar.csv.report.csv"]);
    assert_eq!(shop.report("done/faturalar.csv"), ["2;accepted;", "3;accepted;"]);
    assert_eq!(shop.names(""), ["done", "failed", "faturalar.csv.tmp", "notlar.txt", "~$faturalar.xlsx"]);
    let last = shop.last().await?;
    assert_eq!((last.accepted, last.passed, last.refused, last.problem), (2, 0, 0, None));
    assert_eq!(last.place.as_deref(), Some("done/faturalar.csv"));
    assert_eq!(shop.world.miscounted().await?, Vec::<&str>::new());
    shop.world.app.credits().ledger_holds().await
}

/// Ends at every step of a file, and goes on until it is done: what came before is neither lost nor sent again.
#[tokio::test]
async fn a_kill_in_the_middle_of_a_file_neither_repeats_nor_loses() -> Result<(), Problem> {
    for steps in (1..1_000).step_by(17) {
        let shop = Shop::open(|_| {}).await?;
        shop.put("faturalar.csv", format!("{HEADER}{ELIF}{CAN}{ADA}"));
        shop.look().await?;
        shop.world.clock.set(shop.world.clock.now() + SETTLED);
        let whole = stop_after(steps, shop.look()).await?;
        let mut shop = shop.restart().await?;
        shop.take().await?;
        let all = [text("Ada", "F-3", "75,00"), text("Can", "F-2", "90,00"), text("Elif", "F-1", "1.850,00")];
        assert_eq!(shop.sent().await?, all, "after {steps} steps");
        assert_eq!(shop.names("done"), ["faturalar.csv", "faturalar.csv.report.csv"], "after {steps} steps");
        assert_eq!(shop.report("done/faturalar.csv"), ["2;accepted;", "3;accepted;", "4;accepted;"]);
        let last = shop.last().await?;
        assert_eq!((last.accepted, last.place.as_deref()), (3, Some("done/faturalar.csv")), "after {steps} steps");
        shop.world.app.credits().ledger_holds().await?;
        if whole {
            assert!(steps > 3);
            return Ok(());
        }
    }
    panic!("a file takes more steps than that");
}

/// Lets a future go on so often, and drops it then. True where it came to its end.
async fn stop_after(steps: usize, work: impl Future<Output = Result<(), Problem>>) -> Result<bool, Problem> {
    let mut left = steps + 1;
    let is_over = || {
        left -= 1;
        left == 0
    };
    stop_when(is_over, work).await
}

/// Lets a future go on, and drops it before the first step for which this holds. True where it came to its end.
async fn stop_when(
    mut is_over: impl FnMut() -> bool,
    work: impl Future<Output = Result<(), Problem>>,
) -> Result<bool, Problem> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        if is_over() {
            return std::task::Poll::Ready(Ok(false));
        }
        work.as_mut().poll(context).map(|done| done.map(|()| true))
    })
    .await
}

#[tokio::test]
async fn a_kill_between_the_move_and_its_note_is_made_good_at_the_next_start() -> Result<(), Problem> {
    for name in names_of_files() {
        let shop = Shop::open(|_| {}).await?;
        let list = format!("{HEADER}{ELIF}{CAN}");
        fs::write(shop.folder.path().join(&name), &list).unwrap();
        shop.look().await?;
        shop.world.clock.set(shop.world.clock.now() + SETTLED);
        let place = format!("done/{}", name.to_string_lossy());
        let is_moved = || shop.path(&place).exists();
        assert!(!stop_when(is_moved, shop.look()).await?, "it is moved before that is noted");
        assert_eq!(shop.last().await?.place, None);
        let mut shop = shop.restart().await?;
        shop.look().await?;
        let last = shop.last().await?;
        assert_eq!((last.accepted, last.problem, last.place), (2, None, Some(place)));
        // It is known still.
        fs::write(shop.folder.path().join(&name), &list).unwrap();
        shop.take().await?;
        assert_eq!((shop.last().await?.accepted, shop.last().await?.passed), (0, 2));
        assert_eq!(shop.sent().await?.len(), 2);
        shop.world.app.credits().ledger_holds().await?;
    }
    Ok(())
}

/// An ordinary name, and where there is such a thing one that is no text.
fn names_of_files() -> Vec<std::ffi::OsString> {
    #[cfg(target_os = "linux")]
    let odd = Some(std::os::unix::ffi::OsStringExt::from_vec(b"fatura_\xFEubat.csv".to_vec()));
    #[cfg(not(target_os = "linux"))]
    let odd = None;
    ["faturalar.csv".into()].into_iter().chain(odd).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_whose_name_is_no_text_is_taken_in_under_a_name_that_is_one() -> Result<(), Problem> {
    for brings in [Brings::Messages, Brings::Contacts] {
        let mut shop = Shop::open(|_| {}).await?;
        shop.watch(brings).await?;
        for name in names_of_files() {
            fs::write(shop.folder.path().join(name), format!("{HEADER}{ELIF}F-2;90,00;Can;12\n")).unwrap();
        }
        let odd = "fatura_\u{FFFD}ubat.csv";
        shop.take().await?;
        assert_eq!(shop.names(""), ["done", "failed"]);
        let [report, other] = [odd, "faturalar.csv"].map(|name| format!("{name}.report.csv"));
        assert_eq!(shop.names("failed"), [odd, &report, "faturalar.csv", &other]);
        assert!(shop.report(&format!("failed/{odd}"))[0].starts_with("2;") || brings == Brings::Contacts);
        assert!(shop.notices().is_empty() && shop.last().await?.place.is_some());
        assert_eq!(shop.sent().await?.len(), usize::from(brings == Brings::Messages));
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_let_go_in_the_middle_of_a_file_stops_there_and_goes_on_when_it_is_watched_again()
-> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    let row = |number: usize| format!("F-{number};10,00;Kişi {number};0532 555 {number:04}\n");
    shop.put("faturalar.csv", format!("{HEADER}{}", (0..40).map(row).collect::<String>()));
    shop.look().await?;
    shop.world.clock.set(shop.world.clock.now() + SETTLED);
    let let_go = async {
        until(async || Ok(shop.view().await?.last.is_some_and(|last| last.accepted > 2))).await?;
        shop.world.app.programs().watch_folder(shop.trigger, None, Brings::Messages).await
    };
    let (looked, let_go) = tokio::join!(shop.look(), let_go);
    looked?;
    assert!(let_go?.folders.is_empty());
    let before = shop.sent().await?.len();
    assert!((3..40).contains(&before), "{before}");
    assert_eq!(shop.names(""), ["done", "failed", "faturalar.csv"]);
    // Nobody looks there, so nothing happens to it.
    shop.take().await?;
    assert_eq!(shop.sent().await?.len(), before);
    shop.watch(Brings::Messages).await?;
    shop.take().await?;
    let sent = shop.sent().await?;
    let each: std::collections::BTreeSet<&String> = sent.iter().collect();
    assert_eq!((sent.len(), each.len()), (40, 40));
    assert_eq!(shop.last().await?.place.as_deref(), Some("done/faturalar.csv"));
    assert_eq!(shop.report("done/faturalar.csv").len(), 40);
    shop.world.app.credits().ledger_holds().await
}

/// Asks until it holds.
async fn until(holds: impl AsyncFn() -> Result<bool, Problem>) -> Result<(), Problem> {
    let asked = async {
        while !holds().await? {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), asked).await.expect("it comes to hold")
}

#[tokio::test]
async fn a_disk_that_does_not_answer_keeps_no_other_folder_waiting() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    let network = tempfile::tempdir().unwrap();
    let disk = fs::canonicalize(network.path()).unwrap();
    let programs = shop.world.app.programs();
    let trigger = programs.triggers().await?.triggers.remove(0);
    let other = TriggerEdit { id: None, name: "order.ready".to_owned(), active: true, binding: trigger.binding };
    let other = programs.save_trigger(&other).await?.id;
    programs.watch_folder(other, Some(&disk), Brings::Messages).await?;
    fs::write(disk.join("orders.csv"), format!("{HEADER}{CAN}")).unwrap();
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}"));
    shop.look().await?;
    shop.world.clock.set(shop.world.clock.now() + SETTLED);
    {
        let silence = Silence::of(&disk);
        let mut hanging = std::pin::pin!(shop.look());
        let is_taken = async || {
            let last = shop.view().await?.last;
            Ok(last.is_some_and(|last| last.place.is_some()))
        };
        tokio::select! {
            _ = &mut hanging => panic!("the disk does not answer"),
            taken = until(is_taken) => taken?,
        }
        // While it hangs the other folder is looked into again and again, and this one is not.
        shop.put("faturalar.csv", format!("{HEADER}{ADA}"));
        shop.take().await?;
        assert_eq!((shop.names("done").len(), silence.looks()), (4, 1));
        drop(silence);
        hanging.await?;
    }
    assert_eq!(names(&disk.join("done")), ["orders.csv", "orders.csv.report.csv"]);
    let all = [text("Ada", "F-3", "75,00"), text("Can", "F-2", "90,00"), text("Elif", "F-1", "1.850,00")];
    assert_eq!(shop.sent().await?, all);
    assert!(shop.notices().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_same_file_under_another_name_is_sent_once() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    let list = format!("{HEADER}{ELIF}{CAN}");
    shop.put("bugun.csv", &list);
    shop.take().await?;
    shop.put("bugun (kopya).csv", &list);
    shop.put("bugun.csv", &list);
    shop.take().await?;
    assert_eq!(shop.sent().await?.len(), 2);
    assert_eq!(
        shop.names("done"),
        [
            "bugun (2).csv",
            "bugun (2).csv.report.csv",
            "bugun (kopya).csv",
            "bugun (kopya).csv.report.csv",
            "bugun.csv",
            "bugun.csv.report.csv"
        ]
    );
    let before = ["2;came before, nothing sent again;", "3;came before, nothing sent again;"];
    assert_eq!(shop.report("done/bugun (kopya).csv"), before);
    assert_eq!((shop.last().await?.accepted, shop.last().await?.passed), (0, 2));
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_read_goes_to_failed_with_a_report() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    shop.put("bozuk.xlsx", "PK\u{3}\u{4} not a workbook");
    shop.put("resim.csv", b"%PDF-1.7\n\x00\x01\x02");
    shop.put("buyuk.csv", vec![b'x'; 21 << 20]);
    shop.put("uzun.csv", format!("{HEADER}{}", ELIF.repeat(20_001)));
    shop.take().await?;
    assert_eq!(shop.sent().await?, Vec::<String>::new());
    for (file, why) in [
        ("bozuk.xlsx", "cannot be read as a workbook"),
        ("resim.csv", "is no list"),
        ("buyuk.csv", "larger than 20 MB"),
        ("uzun.csv", "more than 20000 rows"),
    ] {
        let report = shop.report(&format!("failed/{file}"));
        assert_eq!(report.len(), 1, "{file}");
        assert!(report[0].starts_with(";refused;") && report[0].contains(why), "{report:?}");
    }
    assert_eq!(shop.names("done"), Vec::<String>::new());
    assert!(shop.last().await?.problem.is_some());
    Ok(())
}

#[tokio::test]
async fn rows_that_are_refused_are_told_and_can_be_sent_when_the_file_comes_again() -> Result<(), Problem> {
    let above = Condition { field: "Tutar".into(), is: Comparison::Above, value: "80".into() };
    let mut shop = Shop::open(|binding| binding.condition = Some(above)).await?;
    let elif = shop.world.contact("Elif", "+905325550142").await?;
    shop.world.app.people().set_standing(elif, Standing::Black).await?;
    let list = format!("{HEADER}{ELIF}{CAN}{ADA}F-4;100,00;Ece;12\n");
    shop.put("faturalar.csv", &list);
    shop.take().await?;
    assert_eq!(shop.sent().await?, [text("Can", "F-2", "90,00")]);
    assert_eq!(shop.names("failed"), ["faturalar.csv", "faturalar.csv.report.csv"]);
    let report = shop.report("failed/faturalar.csv");
    let became: Vec<&str> = report.iter().map(|line| line.split(';').nth(1).unwrap()).collect();
    assert_eq!(became, ["refused", "accepted", "the condition is not met, nothing sent", "refused"]);
    let why: Vec<&str> = report.iter().map(|line| line.splitn(3, ';').nth(2).unwrap()).collect();
    assert!(!why[0].is_empty() && why[1].is_empty() && !why[3].is_empty(), "{why:?}");
    let wish = Return { reason: "asked for it on the phone".to_owned(), consent: None };
    shop.world.app.people().take_contact_back(elif, &wish).await?;
    shop.put("faturalar.csv", &list);
    shop.take().await?;
    assert_eq!(shop.sent().await?, [text("Can", "F-2", "90,00"), text("Elif", "F-1", "1.850,00")]);
    assert_eq!(shop.report("failed/faturalar (2).csv")[1], "3;came before, nothing sent again;");
    shop.world.app.credits().ledger_holds().await
}

#[tokio::test]
async fn without_credits_the_rows_are_refused_and_nothing_is_lost() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    shop.world.app.credits().adjust(Book::Practice, -999, "one is left").await?;
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}{CAN}"));
    shop.take().await?;
    assert_eq!(shop.report("failed/faturalar.csv").iter().filter(|line| line.contains(";accepted;")).count(), 1);
    shop.world.app.credits().top_up(Book::Practice, 10, "", "").await?;
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}{CAN}"));
    shop.take().await?;
    assert_eq!(shop.sent().await?.len(), 2);
    assert_eq!(shop.names("done"), ["faturalar.csv", "faturalar.csv.report.csv"]);
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_gone_is_told_once_and_goes_on_when_it_is_back() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    let away = shop.folder.path().with_extension("away");
    fs::rename(shop.folder.path(), &away).unwrap();
    for _ in 0..3 {
        shop.take().await?;
    }
    assert_eq!(shop.notices(), ["watched.missing"]);
    assert_eq!(shop.world.app.notices()[0].times, 1);
    assert_eq!(shop.view().await?.problem.map(|problem| problem.code).as_deref(), Some("watched.missing"));
    fs::rename(&away, shop.folder.path()).unwrap();
    shop.look().await?;
    assert_eq!((shop.notices(), shop.view().await?.problem), (Vec::new(), None));
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}"));
    shop.take().await?;
    assert_eq!(shop.sent().await?, [text("Elif", "F-1", "1.850,00")]);
    Ok(())
}

#[tokio::test]
async fn a_trigger_that_is_off_leaves_its_files_and_a_folder_has_one_trigger() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    let programs = shop.world.app.programs();
    let trigger = programs.triggers().await?.triggers.remove(0);
    let edit = |active: bool| TriggerEdit {
        id: Some(trigger.id),
        name: trigger.name.clone(),
        active,
        binding: trigger.binding.clone(),
    };
    programs.save_trigger(&edit(false)).await?;
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}"));
    shop.take().await?;
    assert_eq!((shop.view().await?.waiting, shop.names("")), (1, vec!["faturalar.csv".to_owned()]));
    let other = TriggerEdit { id: None, name: "order.ready".to_owned(), ..edit(false) };
    let other = shop.world.app.programs().save_trigger(&other).await?;
    let watch = async |path: &Path| {
        let watched = shop.world.app.programs().watch_folder(other.id, Some(path), Brings::Messages).await;
        watched.map(drop).map_err(|problem| problem.code)
    };
    fs::create_dir(shop.path("done")).unwrap();
    assert_eq!(watch(shop.folder.path()).await, Err("watched.taken".to_owned()));
    assert_eq!(watch(&shop.path("done")).await, Err("watched.taken".to_owned()));
    assert_eq!(watch(&shop.path("nowhere")).await, Err("watched.missing".to_owned()));
    assert_eq!(watch(shop.world.app.folder()).await, Err("watched.own".to_owned()));
    shop.world.app.programs().save_trigger(&edit(true)).await?;
    shop.take().await?;
    assert_eq!(shop.sent().await?.len(), 1);
    shop.world.app.programs().watch_folder(shop.trigger, None, Brings::Messages).await?;
    assert!(shop.world.app.programs().triggers().await?.folders.is_empty());
    shop.world.app.programs().delete_trigger(shop.trigger).await
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_not_sent_again() -> Result<(), Problem> {
    let shop = Shop::open(|_| {}).await?;
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}{CAN}{ADA}"));
    shop.look().await?;
    shop.world.clock.set(shop.world.clock.now() + SETTLED);
    for steps in 1.. {
        let before = shop.world.app.programs().trigger_events(Some(shop.trigger), false, None).await?.rows.len();
        if before > 0 || stop_after(steps, shop.look()).await? {
            assert!(before > 0 && before < 3);
            break;
        }
    }
    let mut shop = shop.restart().await?;
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}{CAN}{ADA}F-9;1,00;Ece;0532 555 01 49\n"));
    shop.take().await?;
    assert!(shop.sent().await?.iter().all(|text| !text.contains("Ece")));
    let last = shop.last().await?;
    assert_eq!(last.problem.map(|problem| problem.code).as_deref(), Some("watched.changed"));
    assert_eq!(last.place.as_deref(), Some("failed/faturalar.csv"));
    let sent = shop.sent().await?.len();
    let report = shop.report("failed/faturalar.csv");
    assert_eq!(report.iter().filter(|line| line.contains(";accepted")).count(), sent, "{report:?}");

    // Put back as it is, it is refused again.
    fs::rename(shop.path("failed/faturalar.csv"), shop.path("faturalar.csv")).unwrap();
    shop.take().await?;
    assert_eq!(shop.sent().await?.len(), sent);
    assert_eq!(shop.last().await?.problem.map(|problem| problem.code).as_deref(), Some("watched.changed"));
    Ok(())
}

#[tokio::test]
async fn a_workbook_is_read_as_for_an_import() -> Result<(), Problem> {
    let shop = Shop::open(|_| {}).await?;
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/contacts/customers.xlsx");
    shop.put("musteriler.xlsx", fs::read(fixture).unwrap());
    shop.take().await?;
    let last = shop.last().await?;
    assert!(last.problem.is_none() && last.accepted + last.passed + last.refused > 0, "{last:?}");
    let event = shop.world.app.programs().trigger_events(Some(shop.trigger), false, None).await?.rows.remove(0);
    assert!(event.payload.is_some_and(|payload| payload.starts_with('{')));
    Ok(())
}

#[tokio::test]
async fn people_of_a_file_are_imported_where_that_is_wanted() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    shop.watch(Brings::Contacts).await?;
    let list = "Ad;Telefon;Şehir\nElif;0532 555 01 42;İzmir\nCan;12;Ankara\n";
    shop.put("kisiler.csv", list);
    shop.take().await?;
    assert_eq!(shop.sent().await?, Vec::<String>::new());
    assert_eq!(shop.world.app.people().contact_totals().await?.all, 1);
    assert_eq!(shop.names("failed"), ["kisiler.csv", "kisiler.csv.report.csv"]);
    let report = shop.report("failed/kisiler.csv");
    assert!(report.len() == 1 && report[0].starts_with("3;refused;"), "{report:?}");
    shop.put("kisiler.csv", "Ad;Telefon;Şehir\nElif;0532 555 01 42;İzmir\nAda;0532 555 01 44;Ankara\n");
    shop.take().await?;
    let last = shop.last().await?;
    assert_eq!((last.accepted, last.passed, last.refused), (1, 1, 0));
    assert_eq!(last.place.as_deref(), Some("done/kisiler.csv"));
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_moved_in_sends_nothing_and_a_link_is_no_file() -> Result<(), Problem> {
    let mut shop = Shop::open(|_| {}).await?;
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("other.csv"), format!("{HEADER}{CAN}")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("other.csv"), shop.path("other.csv")).unwrap();
    std::os::unix::fs::symlink(outside.path(), shop.path("done")).unwrap();
    shop.put("faturalar.csv", format!("{HEADER}{ELIF}"));
    shop.take().await?;
    assert_eq!((shop.notices(), shop.view().await?.waiting), (vec!["watched.cannot_write".to_owned()], 1));
    assert_eq!(shop.sent().await?, Vec::<String>::new());
    fs::remove_file(shop.path("done")).unwrap();
    shop.take().await?;
    assert_eq!(shop.sent().await?, [text("Elif", "F-1", "1.850,00")]);
    assert_eq!((names(outside.path()), shop.notices()), (vec!["other.csv".to_owned()], Vec::new()));
    Ok(())
}
