//! The command line. No option ever takes something that opens or burns: the list of processes is
//! open to everybody on the machine. The one exception is the argument of `open`, for scripts and for
//! pasting; `open -` does without.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use crate::config::{keys, options};

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("sigill")
        .about("A secret, shared through a link that works once.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .arg(
            Arg::new("config")
                .long("config")
                .global(true)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The configuration file [SIGILL_CONFIG, default sigill.toml if it is there]"),
        )
        .subcommand(serve())
        .subcommand(share())
        .subcommand(open())
        .subcommand(receipt())
        .subcommand(burn())
        .subcommand(doctor())
        .subcommand(admin())
        .subcommand(api_keys())
        .subcommand(organisations())
        .subcommand(members())
        .subcommand(keys_at_rest())
        .subcommand(backup())
        .subcommand(restore())
        .subcommand(migrate())
        .subcommand(config())
        .subcommand(completions())
}

fn serve() -> Command {
    let about = "Run the server: pages and API, with everything kept in one directory";
    let serve = Command::new("serve").about(about).arg(
        Arg::new("after-restore").long("after-restore").action(ArgAction::SetTrue).help(
            "Start on a copy that was put back: end every secret that waits in it, because it may have \
             been opened or burned since",
        ),
    );
    options::augment(serve, keys::SERVE)
}

fn share() -> Command {
    let share = Command::new("share")
        .about("Seal a secret and print its link. Without FILE or --field it is standard input")
        .arg(
            paths("file", "FILE")
                .num_args(0..)
                .help("Files to share, of any size; one secret holds all of them"),
        )
        .arg(
            Arg::new("field")
                .long("field")
                .value_name("NAME[=SOURCE]")
                .action(ArgAction::Append)
                .help(
                    "A named value: user, password, address, note, or a name of your own. It is asked \
                     for, or is a line of standard input; SOURCE is file:PATH or env:VARIABLE. May \
                     stand several times",
                ),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .help("Share standard input, or one FILE, as a file of this name"),
        )
        .arg(
            Arg::new("passphrase").long("passphrase").action(ArgAction::SetTrue).help(
                "Ask for a passphrase that the reader will need too. Without asking: \
                 SIGILL_PASSPHRASE or --passphrase-file",
            ),
        )
        .arg(paths("receipt", "FILE").long("receipt").help(
            "Write the receipt into a new file that only you can read, instead of showing it",
        ));
    options::augment(share, keys::SHARE)
}

fn open() -> Command {
    let open = Command::new("open")
        .about("Open a link, once. The content goes to standard output")
        .arg(Arg::new("link").value_name("LINK").help(
            "The link in quotes. Without it, or as -, it is read from standard input, or asked for",
        ))
        .arg(paths("out", "PATH").long("out").help(
            "Write into this new file, or into this directory under the names in the secret. Nothing \
             is overwritten",
        ))
        .arg(
            Arg::new("field")
                .long("field")
                .value_name("NAME")
                .help("Print the value of this field, and nothing else"),
        );
    options::augment(open, keys::OPEN)
}

fn receipt() -> Command {
    let receipt =
        Command::new("receipt").about("Tell what became of a secret").arg(receipt_file()).arg(
            Arg::new("unlock")
                .long("unlock")
                .action(ArgAction::SetTrue)
                .help("Let passphrases be tried again, if too many wrong ones have locked it"),
        );
    options::augment(receipt, keys::FOLLOW)
}

fn burn() -> Command {
    let about = "Destroy a secret that was not opened";
    options::augment(Command::new("burn").about(about).arg(receipt_file()), keys::FOLLOW)
}

fn receipt_file() -> Arg {
    paths("file", "FILE").help(
        "The file with the receipt, or - for standard input. Without it: SIGILL_RECEIPT, standard \
         input, or a question",
    )
}

fn doctor() -> Command {
    let about = "Look at this machine and the data directory, and say what is not right";
    let doctor = Command::new("doctor").about(about).arg(
        paths("backups", "DIR")
            .long("backups")
            .help("Look at the newest backup in this directory, too"),
    );
    let doctor = options::augment(doctor, keys::SERVE);
    options::augment(doctor, keys::CHECK)
}

fn admin() -> Command {
    let about = "Make an account, which looks after the instance. A server may be running";
    let create = Command::new("create").about(about).arg(
        Arg::new("email").value_name("EMAIL").required(true).help("The address of the account"),
    );
    let create = create.arg(
        Arg::new("member")
            .long("member")
            .action(ArgAction::SetTrue)
            .help("Make it an account that only shares and follows"),
    );
    Command::new("admin")
        .about("Accounts and mail")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(options::augment(create, keys::JOIN))
        .subcommand(letters())
        .subcommand(mail())
        .subcommand(switches())
        .subcommand(providers())
}

fn letters() -> Command {
    let one = |name: &'static str, about: &'static str| {
        let reference =
            Arg::new("ref").value_name("REF").required(true).help("Its name in the list");
        options::augment(Command::new(name).about(about).arg(reference), keys::AT_REST)
    };
    let about = "Show the mails that wait and those that could not be sent, without addresses";
    let letters = Command::new("letters")
        .about(about)
        .args_conflicts_with_subcommands(true)
        .subcommand(one("retry", "Try one again that could not be sent"))
        .subcommand(one("drop", "Give one up that could not be sent"));
    options::augment(options::augment(letters, keys::AT_REST), keys::CHECK)
}

fn providers() -> Command {
    let named = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let one = |name: &'static str, about: &'static str| {
        let reference =
            Arg::new("ref").value_name("REF").required(true).help("Its name in the list");
        options::augment(Command::new(name).about(about).arg(reference), keys::AT_REST)
    };
    let add = Command::new("add")
        .about("Add one, once it has shown that it is there and is who it should be")
        .arg(Arg::new("label").value_name("LABEL").required(true).help("What people read"))
        .arg(named("issuer", "URL", "Who speaks there, exactly as it writes it").required(true))
        .arg(named("client-id", "ID", "By which name it knows this instance").required(true))
        .arg(named(
            "client-secret-file",
            "FILE",
            "A file whose first line is the secret that belongs to it; - is standard input",
        ))
        .arg(named("domains", "DOMAINS", "The mail domains whose people may come; without it all"))
        .arg(named("scopes", "SCOPES", "What is asked for beside openid; without it email"))
        .arg(
            named("vouched-by", "CLAIM", "Which claim says that an address is theirs")
                .value_parser(["email_verified", "xms_edov"])
                .default_value("email_verified"),
        )
        .arg(named("organisation", "REF", "The organisation that new people become members of"))
        .arg(
            Arg::new("sign-up")
                .long("sign-up")
                .action(ArgAction::SetTrue)
                .help("Give an account to whoever comes for the first time"),
        );
    let list = Command::new("list").about("Show which there are");
    Command::new("providers")
        .about("Providers of identities, where people sign in by OpenID Connect")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(options::augment(add, keys::AT_REST))
        .subcommand(options::augment(options::augment(list, keys::AT_REST), keys::CHECK))
        .subcommand(one("check", "See whether one is there and is who it should be"))
        .subcommand(one("remove", "Remove one: nobody signs in there any more"))
}

fn mail() -> Command {
    let test = Command::new("test")
        .about("Send a mail, to see whether that works")
        .arg(Arg::new("address").value_name("ADDRESS").required(true).help("To whom"));
    Command::new("mail")
        .about("Mail")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(options::augment(test, keys::MAIL))
}

fn switches() -> Command {
    let about = "Show what the instance lets people do, or change it. A server may be running";
    let named = |name: &'static str, value: &'static str| Arg::new(name).value_name(value);
    let switches = Command::new("switches")
        .about(about)
        .arg(named("name", "NAME").requires("value").help(
            "creating: anybody, signed-in, members or keys; creating-networks: from where everybody \
             may; sign-up: closed, invitation, domain:example.org,... or open; organisations: \
             administrators or signed-in",
        ))
        .arg(named("value", "VALUE").help("What it is to be; an empty text for no networks"));
    options::augment(options::augment(switches, keys::AT_REST), keys::CHECK)
}

/// Which key asks, and which organisation is meant.
fn in_organisation(command: Command, names: bool) -> Command {
    let command = command.arg(
        paths("key", "FILE")
            .long("key")
            .help("A file whose first line is an API key. Without it: SIGILL_KEY"),
    );
    let command =
        if names {
            command.arg(Arg::new("org").long("org").value_name("REF").help(
                "The organisation, by its name in sigill orgs list. Without it: the only one",
            ))
        } else {
            command
        };
    options::augment(command, keys::FOLLOW)
}

fn organisations() -> Command {
    let named = |name: &'static str, value: &'static str| Arg::new(name).value_name(value);
    let create = Command::new("create")
        .about("Make an organisation. Its owner is whose key it is")
        .arg(named("name", "NAME").required(true).help("What it is called"));
    let change = Command::new("change")
        .about("Change what an organisation is called, or what it asks of its members")
        .arg(named("name", "NAME").long("name").help("What it is called"))
        .arg(
            named("second-factor", "on|off")
                .long("second-factor")
                .help("Whether members must have a second factor to act in it"),
        );
    Command::new("orgs")
        .about("Organisations, by the API of a server")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(in_organisation(
            Command::new("list").about("Show the organisations that the key reaches"),
            false,
        ))
        .subcommand(in_organisation(create, false))
        .subcommand(in_organisation(change, true))
}

fn members() -> Command {
    let named = |name: &'static str, value: &'static str| Arg::new(name).value_name(value);
    let role = || named("role", "ROLE").help("owner, admin, member or auditor");
    let invite = Command::new("invite")
        .about("Invite somebody by mail")
        .arg(named("email", "EMAIL").required(true).help("The address to mail to"))
        .arg(role().long("role").default_value("member"));
    let change = Command::new("role")
        .about("Give a member another role")
        .arg(named("ref", "REF").required(true).help("The member, by the name in the list"))
        .arg(role().required(true));
    let remove = Command::new("remove").about("Remove a member, or withdraw an invitation").arg(
        named("ref", "REF")
            .required(true)
            .help("The member or the invitation, by the name in the list"),
    );
    Command::new("members")
        .about("Members of an organisation, by the API of a server")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(in_organisation(
            Command::new("list").about("Show who is in an organisation, and who is invited"),
            true,
        ))
        .subcommand(in_organisation(invite, true))
        .subcommand(in_organisation(change, true))
        .subcommand(in_organisation(remove, true))
}

fn api_keys() -> Command {
    let about = "Make an API key and print it, this once. A server may be running";
    let option =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let create = Command::new("create")
        .about(about)
        .arg(option("account", "EMAIL").required(true).help("The account that it acts for"))
        .arg(option("scopes", "LIST").required(true).help(
            "What it may do: secrets:create, secrets:open, secrets:burn, receipts:read, account:read, \
             with commas between them, or all",
        ))
        .arg(
            option("expires-in", "TIME")
                .default_value("90d")
                .help("How long it is worth anything, for instance 12h, or never"),
        );
    let account =
        || option("account", "EMAIL").required(true).help("The account whose keys they are");
    let list = Command::new("list").about("Show which keys an account has").arg(account());
    let revoke = Command::new("revoke")
        .about("Make a key worth nothing, from the next request on. A server may be running")
        .arg(account())
        .arg(Arg::new("ref").value_name("REF").required(true).help("Its name in the list"));
    Command::new("keys")
        .about("API keys of accounts")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(options::augment(create, keys::AT_REST))
        .subcommand(options::augment(options::augment(list, keys::AT_REST), keys::CHECK))
        .subcommand(options::augment(revoke, keys::AT_REST))
}

fn keys_at_rest() -> Command {
    let command = |name: &'static str, about: &'static str| {
        options::augment(Command::new(name).about(about), keys::AT_REST)
    };
    let list = command("list", "Show the keys of the ring, and how many secrets use each");
    let new =
        "Print fresh keys to standard output, for a source that the program does not fill itself";
    let rotate = "Add a fresh key to the ring. A running server takes it up by itself";
    let activate = "Say that every node has the newest key, so that it wraps what is new";
    let retire = command("retire", "Take a key that nothing uses out of the ring").arg(
        Arg::new("ring")
            .required(true)
            .value_name("NUMBER")
            .value_parser(value_parser!(u8).range(1..))
            .help("The number of the key"),
    );
    Command::new("keys-at-rest")
        .about("The server's keys: make, look at, rotate and retire them")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("new").about(new))
        .subcommand(options::augment(list, keys::CHECK))
        .subcommand(command("rotate", rotate))
        .subcommand(command("activate", activate))
        .subcommand(retire)
}

fn backup() -> Command {
    let about =
        "Write everything but large secrets into one file, and check it. A server may be running";
    let backup = Command::new("backup")
        .about(about)
        .arg(paths("file", "FILE").required(true).help("The file to make; nothing is overwritten"))
        .arg(Arg::new("with-keys").long("with-keys").action(ArgAction::SetTrue).help(
            "Put the keys of the secrets that wait into it as well. It then brings back what is burned \
             after it: for moving to another machine, not for keeping",
        ));
    options::augment(backup, keys::AT_REST)
}

fn restore() -> Command {
    let about = "Put a backup into a directory or a database that holds none";
    let restore = Command::new("restore")
        .about(about)
        .arg(paths("file", "FILE").required(true).help("The backup"))
        .arg(Arg::new("nothing-opened-since").long("nothing-opened-since").action(ArgAction::SetTrue).help(
            "You know that nobody has opened or burned anything since the backup was made: let what waits \
             open again, where its keys are there. Without it, what waits ends as lost",
        ));
    options::augment(restore, keys::AT_REST)
}

fn migrate() -> Command {
    let end = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("DIR|URL").required(true).help(help)
    };
    let password = |name: &'static str, end: &str| {
        let help = format!(
            "A file whose first line is the password of {end}; without it that is the one of \
             database-password-file"
        );
        paths(name, "FILE").long(name).help(help)
    };
    let about = "Move everything from a data directory into a database, or back. No server may run on either";
    let migrate = Command::new("migrate")
        .about(about)
        .arg(end("from", "Where everything is; it is closed afterwards"))
        .arg(end("to", "Where it goes; nothing may be there"))
        .arg(password("from-password-file", "--from"))
        .arg(password("to-password-file", "--to"));
    options::augment(migrate, keys::AT_REST)
}

fn config() -> Command {
    let check = Command::new("check")
        .about("Show the settings in force, where each comes from, and how safe they are");
    let check = options::augment(check, keys::SERVE);
    Command::new("config")
        .about("Look at the configuration")
        .subcommand_required(true)
        .subcommand(options::augment(check, keys::CHECK))
}

fn completions() -> Command {
    Command::new("completions").about("Write completions for a shell to standard output").arg(
        Arg::new("shell")
            .required(true)
            .value_name("SHELL")
            .value_parser(value_parser!(clap_complete::Shell)),
    )
}

fn paths(id: &'static str, value: &'static str) -> Arg {
    Arg::new(id)
        .value_name(value)
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::AnyPath)
}

/// The value of an argument that clap has already read.
pub(crate) fn path<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a PathBuf> {
    matches.get_one(name)
}
