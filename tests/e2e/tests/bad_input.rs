//! Bad input: each gets one clear line, and nothing is written, with no host and beside one at work.

use anyhow::{Context, Result, ensure};
use switchboard_e2e::{SECRET, SOON, Setup, Stage, get};
use telegram_sim::{BotHandle, Forum};

/// A second bot and its group, whose connection is what is wrong.
const SALES: &str = "700200:AAE2eSecretPartOfTheTokenThatNoLogShows";
/// A bot whose updates another program takes by a webhook.
const HOOKED: &str = "700300:AAE2eSecretPartOfTheTokenThatNoLogShows";
/// Of the right shape, and nobody's.
const NOBODYS: &str = "700200:AAE2eSecretPartOfTheTokenThatNoLogShows0";

/// What is said of a connections file, and the exit code.
struct Case {
    /// The wrong connection's lines.
    lines: String,
    code: i32,
    /// Parts of the one line: the thing, the rule, the way out.
    says: Vec<String>,
}

impl Case {
    fn new(lines: impl Into<String>, code: i32, says: &[&str]) -> Self {
        Self {
            lines: lines.into(),
            code,
            says: says.iter().map(|part| (*part).to_owned()).collect(),
        }
    }
}

/// Everything on the stage that a case may need.
struct Scene {
    stage: Stage,
    sales: BotHandle,
    team: Forum,
}

impl Scene {
    async fn prepare() -> Result<Self> {
        let stage = Stage::prepare(Setup {
            plugins: "[]".into(),
            ..Setup::default()
        })
        .await?;
        let sales = stage.sim.bot(SALES, "sales_bot");
        let team = stage.sim.forum("Sales", &stage.operator);
        team.add_admin_bot(&sales);
        Ok(Self { stage, sales, team })
    }

    fn group(&self, title: &str) -> Forum {
        self.stage.sim.forum(title, &self.stage.operator)
    }

    /// A connection of the second bot with these lines.
    fn with(&self, lines: &str) -> String {
        format!(
            "name = \"sales\"\ntoken = \"{SALES}\"\ngroup = {}\n{lines}\n",
            self.team.id()
        )
    }

    fn in_group(group: i64) -> String {
        format!("name = \"sales\"\ntoken = \"{SALES}\"\ngroup = {group}\n")
    }

    async fn list(&self) -> Result<String> {
        let list = self.stage.command(&["connection", "list"]).await?;
        ensure!(list.code == 0, "{}", list.stderr);
        Ok(list.stdout)
    }

    /// Each is refused with its one line. The file's other connection is in order, and is not written either.
    async fn all_refused(&self, cases: &[Case]) -> Result<()> {
        let before = self.list().await?;
        for case in cases {
            let text = format!(
                "[[connection]]\nname = \"support\"\ntoken = \"{}\"\ngroup = {}\nadmins = [4711]\n[[connection]]\n{}",
                switchboard_e2e::TOKEN,
                self.stage.group.id(),
                case.lines
            );
            std::fs::write(self.stage.dir.path().join("connections.toml"), text)?;
            self.refused(&["connection", "apply", "connections.toml"], case).await?;
            assert_eq!(self.list().await?, before, "written in spite of:\n{}", case.lines);
        }
        Ok(())
    }

    async fn refused(&self, arguments: &[&str], case: &Case) -> Result<()> {
        let said = self.stage.command(arguments).await?;
        let about = format!(
            "{:?} {}\n{}\n{}{}",
            arguments, said.code, case.lines, said.stdout, said.stderr
        );
        assert_eq!((said.code, said.stdout.as_str()), (case.code, ""), "{about}");
        assert_eq!(said.stderr.lines().count(), 1, "{about}");
        assert!(said.stderr.starts_with("error: "), "{about}");
        for part in &case.says {
            assert!(said.stderr.contains(part.as_str()), "{part:?} is not in: {about}");
        }
        assert!(!said.stderr.contains("AAE2e"), "a token is printed");
        Ok(())
    }

    /// What a reader of the file alone can see.
    fn in_the_file(&self) -> Vec<Case> {
        let file = "connections.toml:";
        vec![
            Case::new(
                self.with("").replace(SALES, SECRET),
                2,
                &[file, "token: this is not a bot token", "@BotFather"],
            ),
            Case::new(
                self.with("").replace(SALES, "700200:s"),
                2,
                &[file, "this is not a bot token"],
            ),
            Case::new(
                self.with("").replace("token = ", "token_env = "),
                2,
                &[file, "token_env takes the name of an environment variable"],
            ),
            Case::new(
                self.with("")
                    .replace(&format!("token = \"{SALES}\""), "token_env = \"E2E_NO_SUCH_TOKEN\""),
                2,
                &[file, "\"E2E_NO_SUCH_TOKEN\" is not set"],
            ),
            // A token without its quotes is broken TOML; it is not repeated.
            Case::new(self.with("").replace('"', ""), 2, &[file]),
            Case::new(self.with("").replace(&format!("\"{SALES}\""), SALES), 2, &[file]),
            Case::new(format!("{}{SALES} = 1\n", self.with("")), 2, &[file]),
            Case::new(format!("{}\"{SALES}\" = 1\n", self.with("")), 2, &[file, "unknown key"]),
            Case::new(self.with(&format!("mode = \"{SALES}\"")), 2, &[file, "unknown mode"]),
            Case::new(
                self.with("grup = 5"),
                2,
                &[file, "unknown key \"grup\"", "did you mean \"group\"?"],
            ),
            Case::new(self.with("admins = \"me\""), 2, &[file, "admins takes a list"]),
            Case::new(
                self.with("admins = [-5]"),
                2,
                &[file, "positive numbers", "admins = [555000111]"],
            ),
            Case::new(Self::in_group(1234), 2, &[file, "negative", "-100"]),
            Case::new(
                "name = \"sales\"\ngroup = -1001\n",
                2,
                &[file, "has no token", "token_env = "],
            ),
            Case::new(
                self.with("[connection.parameters]\nWELCOM = \"x\""),
                2,
                &[file, "unknown parameter WELCOM", "did you mean WELCOME?"],
            ),
            Case::new(
                self.with("[connection.parameters]\nAUTOCLOSE = \"soon\""),
                2,
                &[
                    file,
                    "AUTOCLOSE takes a whole number of hours",
                    "not \"soon\"",
                    "AUTOCLOSE = 48",
                ],
            ),
            Case::new(
                self.with("[connection.parameters]\nHIDE_INFO = \"name\""),
                2,
                &[file, "HIDE_INFO is not available in this version"],
            ),
            Case::new(
                self.with("mode = \"session\""),
                2,
                &[file, "mode session is not available", "gateway"],
            ),
            Case::new(
                self.with("mode = \"dirct\""),
                2,
                &[file, "unknown mode \"dirct\"", "did you mean \"direct\"?"],
            ),
            Case::new(
                self.with("").replace("\"sales\"", "\"support\""),
                2,
                &[file, "two connections \"support\"", "another name"],
            ),
            Case::new(
                self.with("").replace(SALES, switchboard_e2e::TOKEN),
                2,
                &[file, "\"support\" and \"sales\" are of the same bot"],
            ),
            Case::new(self.with("name = \"again\""), 2, &[file, "duplicate key"]),
            Case::new(
                self.with("plugins = [{ name = \"quick-replies\", grants = [\"setings\"] }]"),
                2,
                &[file, "unknown grant \"setings\"", "did you mean \"settings\"?"],
            ),
        ]
    }

    /// What Telegram says against it.
    async fn at_telegram(&self) -> Result<Vec<Case>> {
        let plain = self.stage.sim.supergroup("Plain", &self.stage.operator);
        plain.add_admin_bot(&self.sales);
        let small = self.stage.sim.basic_group("Small", &self.stage.operator);
        small.add_bot(&self.sales);
        let strange = self.group("Strange");
        let banned = self.group("Banned");
        banned.add_admin_bot(&self.sales);
        banned.kick(self.sales.id);
        let left = self.group("Left");
        left.add_admin_bot(&self.sales);
        left.remove(self.sales.id);
        let member = self.group("Member");
        member.add_bot(&self.sales);
        let weak = self.group("Weak");
        weak.add_admin_bot_with(&self.sales, &["can_delete_messages", "can_pin_messages"]);
        let hooked = self.stage.sim.bot(HOOKED, "hooked_bot");
        self.team.add_admin_bot(&hooked);
        let set = format!(
            "{}/bot{HOOKED}/setWebhook?url=https://elsewhere.example/bot{HOOKED}",
            self.stage.sim.api_url()
        );
        let (status, said) = get(&set).await?;
        ensure!(status == 200, "{said}");
        let strangers = strange.id().to_string();
        let groups: [(i64, &[&str]); 8] = [
            (
                plain.id(),
                &["the group \"Plain\"", "has no topics", "switch on Topics"],
            ),
            (
                small.id(),
                &["a backend group is a supergroup with topics", "switch on Topics"],
            ),
            (
                -1_009_999_999_999,
                &[
                    "@sales_bot does not find the group -1009999999999",
                    "add the bot to the group",
                ],
            ),
            (
                strange.id(),
                &[&strangers, "add the bot to the group as an administrator"],
            ),
            (
                banned.id(),
                &["@sales_bot is not in the group", "add it there as an administrator"],
            ),
            (
                left.id(),
                &["@sales_bot is not in the group", "add it there as an administrator"],
            ),
            (
                member.id(),
                &[
                    "@sales_bot is no administrator of the group \"Member\"",
                    "the right to manage topics",
                ],
            ),
            (
                weak.id(),
                &[
                    "@sales_bot may not manage topics in the group \"Weak\"",
                    "give it",
                    "\"Manage topics\"",
                ],
            ),
        ];
        let of_groups = groups.map(|(group, says)| Case::new(Self::in_group(group), 1, says));
        let nobodys = self.with("").replace(SALES, NOBODYS);
        let hooked = self.with("").replace(SALES, HOOKED);
        let mut cases = vec![
            Case::new(
                nobodys,
                1,
                &["Telegram does not know the bot of this token", "@BotFather"],
            ),
            Case::new(
                hooked,
                1,
                &["@hooked_bot has a webhook at elsewhere.example:", "deleteWebhook"],
            ),
        ];
        cases.extend(of_groups);
        for case in &mut cases {
            case.says.push("error: connection \"sales\": ".to_owned());
        }
        Ok(cases)
    }

    /// What is wrong with plugins.
    fn of_plugins(&self) -> Result<Vec<Case>> {
        let sales = "error: connection \"sales\": ";
        let put = |name: &str, bytes: &[u8]| {
            std::fs::write(
                self.stage.dir.path().join("plugins").join(format!("{name}.wasm")),
                bytes,
            )
        };
        put("garbage", b"this is no WebAssembly")?;
        put("empty", b"")?;
        put("core", &wat::parse_str("(module (memory 1))")?)?;
        put(
            "newer",
            &wat::parse_str(
                r#"(component
                    (import "switchboard:plugin/log@0.2.0" (instance))
                    (instance $nothing)
                    (export "switchboard:plugin/describe@0.2.0" (instance $nothing)))"#,
            )?,
        )?;
        put(
            "wasi",
            &wat::parse_str(
                r#"(component
                    (import "wasi:cli/environment@0.2.0" (instance (export "initial-cwd" (func))))
                    (instance $nothing)
                    (export "switchboard:plugin/describe@0.1.0" (instance $nothing)))"#,
            )?,
        )?;
        let hello = std::fs::read(self.stage.dir.path().join("plugins/hello-plugin.wasm"))?;
        put("renamed", &hello)?;
        let plugin = |name: &str| self.with(&format!("plugins = [\"hello-plugin\", \"{name}\"]"));
        let quick = |rest: &str| self.with(&format!("plugins = [{{ name = \"quick-replies\", {rest} }}]"));
        Ok(vec![
            Case::new(
                plugin("quik-replies"),
                1,
                &[
                    sales,
                    "there is no plugin \"quik-replies\"",
                    "does not exist",
                    "did you mean \"quick-replies\"?",
                ],
            ),
            Case::new(
                plugin("garbage"),
                1,
                &[sales, "garbage.wasm is not a WebAssembly component"],
            ),
            Case::new(
                plugin("empty"),
                1,
                &[sales, "empty.wasm is not a WebAssembly component: the file is empty"],
            ),
            Case::new(
                plugin("core"),
                1,
                &[sales, "core.wasm", "core module", "`switchboard plugin build`"],
            ),
            Case::new(
                plugin("newer"),
                1,
                &[
                    sales,
                    "newer.wasm is built for switchboard:plugin@0.2.0, this host speaks 0.1.0: update Switchboard",
                ],
            ),
            Case::new(
                plugin("wasi"),
                1,
                &[
                    sales,
                    "wasi.wasm imports `wasi:cli/environment@0.2.0`",
                    "wasm32-unknown-unknown",
                ],
            ),
            Case::new(
                plugin("renamed"),
                1,
                &[sales, "renamed.wasm calls itself \"hello-plugin\"", "rename the file"],
            ),
            Case::new(
                quick("grants = [\"settings\"]"),
                1,
                &[
                    sales,
                    "plugin \"quick-replies\" imports `templates`",
                    "was not granted",
                    "grant `templates`",
                ],
            ),
            Case::new(
                quick("settings = { editors = \"nobody\" }"),
                1,
                &[
                    sales,
                    "plugin \"quick-replies\"",
                    "settings do not fit at /editors",
                    "everyone",
                    "admins",
                ],
            ),
            Case::new(
                quick("settings = { editor = \"admins\" }"),
                1,
                &[sales, "plugin \"quick-replies\"", "settings do not fit", "editor"],
            ),
            Case::new(
                self.with("plugins = [{ name = \"hello-plugin\", settings = { a = 1 } }]"),
                1,
                &[
                    sales,
                    "plugin \"hello-plugin\"",
                    "settings were given, and it takes none",
                ],
            ),
        ])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_connections_file_writes_nothing() -> Result<()> {
    let scene = Scene::prepare().await?;
    assert!(scene.list().await?.starts_with("no connections yet"));
    scene.all_refused(&scene.in_the_file()).await?;
    assert_eq!(scene.stage.sim.last_call(), 0, "a wrong file asks Telegram nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_telegram_says_against_it_writes_nothing() -> Result<()> {
    let scene = Scene::prepare().await?;
    scene.all_refused(&scene.at_telegram().await?).await?;
    scene.stage.sim.set_online(false);
    let off = Case::new(
        scene.with(""),
        1,
        &["connection \"support\": ", "Telegram cannot be reached"],
    );
    scene.all_refused(&[off]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_cannot_be_used_writes_nothing() -> Result<()> {
    let scene = Scene::prepare().await?;
    scene.all_refused(&scene.of_plugins()?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_running_host_what_runs_is_unharmed() -> Result<()> {
    let mut scene = Scene::prepare().await?;
    let applied = scene.stage.apply().await?;
    ensure!(applied.code == 0, "{}", applied.stderr);
    scene.stage.run().await?;
    let alice = scene.stage.customer("Alice");
    alice.text("before");
    let topic = scene.stage.topic("Alice").await?;
    topic.wait_text("before", SOON).await?;
    let shown = scene.stage.command(&["connection", "show", "support"]).await?.stdout;

    scene.all_refused(&scene.in_the_file()).await?;
    scene.all_refused(&scene.at_telegram().await?).await?;
    scene.all_refused(&scene.of_plugins()?).await?;

    let after = scene.stage.command(&["connection", "show", "support"]).await?.stdout;
    assert_eq!(shown, after);
    let health = scene.stage.host.as_ref().context("no host")?.health().await?;
    assert_eq!(health, (200, "{\"status\":\"ok\"}".to_owned()));
    alice.text("after");
    topic.wait_text("after", SOON).await.context(scene.stage.log())?;
    topic.text("answer");
    alice.wait_text("answer", SOON).await.context(scene.stage.log())?;
    let calls = scene.stage.sim.calls();
    assert!(
        !calls
            .iter()
            .any(|call| call.bot == scene.sales.id && call.method == "getupdates"),
        "the refused connection was started"
    );
    assert_eq!(scene.stage.stop().await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_starts_nothing() -> Result<()> {
    let scene = Scene::prepare().await?;
    let good = std::fs::read_to_string(scene.stage.dir.path().join("switchboard.toml"))?;
    let file = "error: switchboard.toml:";
    let cases = [
        (
            good.replace("[telegram]", "[telegrm]"),
            vec![file, "unknown key \"telegrm\"", "did you mean \"telegram\"?"],
        ),
        (
            good.replace("api =", "apy ="),
            vec![file, "unknown key \"apy\" in [telegram]", "did you mean \"api\"?"],
        ),
        (
            good.replace("127.0.0.1:0", "localhost"),
            vec![
                file,
                "\"localhost\" is no address",
                "for example listen = \"127.0.0.1:8080\"",
            ],
        ),
        (
            good.replace("group = \"off\"", "group = \"often\""),
            vec![file, "pacing.group", "for example group = \"20/60s\""],
        ),
        (
            good.replace("group = \"off\"", "group = 20"),
            vec![file, "pacing.group takes a text, not a number"],
        ),
        (
            good.replace("http://", "ftp://"),
            vec![file, "telegram.api", "begins with https:// or http://"],
        ),
        (
            format!("{good}[store]\nurl = \"postgres://me:secret@host/db\"\n"),
            vec![file, "PostgreSQL is not available in this version"],
        ),
        (
            format!("{good}[gateway]\nlisten = \"localhost\"\n"),
            vec![
                file,
                "gateway.listen",
                "is no address",
                "for example listen = \"127.0.0.1:8081\"",
            ],
        ),
        (good.replace("[pacing]", "[pacing"), vec![file]),
        (
            good.replace("[telegram]", &format!("token = {SALES}\n[telegram]")),
            vec![file],
        ),
    ];
    for (text, says) in cases {
        std::fs::write(scene.stage.dir.path().join("switchboard.toml"), &text)?;
        let case = Case::new(text, 2, &says);
        for command in [
            &["run"][..],
            &["check"],
            &["connection", "list"],
            &["connection", "apply", "connections.toml"],
        ] {
            scene.refused(command, &case).await?;
        }
    }
    let mut made: Vec<String> = std::fs::read_dir(scene.stage.dir.path())?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    made.sort();
    assert_eq!(
        made,
        ["connections.toml", "plugins", "switchboard.toml"],
        "nothing is made"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_between_two_starts_is_named_and_stops_nobody_else() -> Result<()> {
    let mut scene = Scene::prepare().await?;
    let text = format!(
        "[[connection]]\nname = \"support\"\ntoken = \"{}\"\ngroup = {}\n[[connection]]\n{}",
        switchboard_e2e::TOKEN,
        scene.stage.group.id(),
        scene.with("plugins = [\"hello-plugin\"]")
    );
    std::fs::write(scene.stage.dir.path().join("connections.toml"), text)?;
    let applied = scene.stage.apply().await?;
    assert_eq!(
        applied.stdout, "support: created\nsales: created\n",
        "{}",
        applied.stderr
    );
    let path = scene.stage.dir.path().join("plugins/hello-plugin.wasm");
    let good = std::fs::read(&path)?;
    std::fs::write(&path, b"garbage")?;
    scene.stage.run().await?;
    let (status, why) = scene.stage.host.as_ref().context("no host")?.health().await?;
    assert_eq!(status, 503);
    assert!(
        why.contains("\"sales\":\"broken: ") && why.contains("hello-plugin.wasm is not a WebAssembly component"),
        "{why}"
    );
    assert!(!why.contains("support"), "{why}");
    let customer = scene.stage.customer("Alice");
    customer.text("hello");
    scene.stage.topic("Alice").await?.wait_text("hello", SOON).await?;
    // Mended: the next apply starts it.
    std::fs::write(&path, good)?;
    let applied = scene.stage.apply().await?;
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let sales = scene.stage.operator.private(&scene.sales);
    sales.text("is anybody there?");
    scene.team.wait_topic("Olga", SOON).await.context(scene.stage.log())?;
    let health = scene.stage.host.as_ref().context("no host")?.health().await?;
    assert_eq!(health.0, 200, "{}", health.1);
    Ok(())
}
