"""Completions as the shells offer them: each shell loads its script and is asked what it makes of a line."""

import os
import pathlib
import subprocess
import tempfile
import unittest

VOLLEY = os.path.abspath(os.environ["VOLLEY"])
LIMIT = 60
REQUEST_VERBS = {"get", "post", "put", "patch", "delete", "head", "options"}
VERBS = REQUEST_VERBS | {"load", "offer", "verify", "run", "serve", "help", "completion"}

SCENARIO = """\
version: 1
variables: { sleep: 0.2 }
servers:
  fibre: { builtin: coroutine }
  pool4: { builtin: "pool:4" }
  'x; touch hurt': { builtin: serial }
scenarios:
  greet: [{ get: / }]
phases: [{ name: one, burst: 1 }]
"""

BASH = """\
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() COMP_CWORD=0
_volley volley
printf '%s\\n' "${COMPREPLY[@]}"
"""

# A shell in a terminal of its own, whose compadd prints what it is given. Descriptions come as _describe and _arguments have
# made them ready for display.
ZSH = """\
zmodload zsh/zpty
zpty shell 'zsh -f -i'
zpty -w shell "PS1= PS2= RPS1=; unsetopt beep prompt_cr prompt_sp; stty -echo -onlcr; fpath=($1 \\$fpath)"
zpty -w shell "autoload -Uz compinit; compinit -D -u; zstyle ':completion:*' list-grouped false"
zpty -w shell 'source $ZDOTDIR/capture.zsh'
zpty -r shell ready $'*<ready>*'
zpty -w -n shell "$2"$'\\t'
zpty -r shell answer $'*<end>*'
print -r -- "$answer"
zpty -d shell
"""
ZSH_CAPTURE = """\
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
    typeset -a __hits __shown __opts
    (( $@[(I)-d] )) && __shown=(${(P)@[$(( ${@[(i)-d]} + 1 ))]})
    builtin compadd -A __hits -D __shown "$@"
    builtin compadd "$@"
    local -i __n
    for (( __n = 1; __n <= $#__hits; ++__n )); do print -r -- "<$__hits[__n]|${${__shown[__n]-}//$'\\n'}>"; done
}
capture() { print '<begin>'; _main_complete; print '<end>'; exit }
zle -C capture complete-word capture
bindkey '^I' capture
print '<rea''dy>'
"""


class Shell:
    """What every shell must offer; a subclass says how to ask one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.work = self.folder / "work"
        self.work.mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "volley").symlink_to(VOLLEY)
        (self.work / "mine.yaml").write_text(SCENARIO)
        (self.work / "my notes.txt").write_text("")
        (self.work / "more").mkdir()
        self.env = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": folder.name, "ZDOTDIR": folder.name, "LC_ALL": "C.UTF-8",
                    "TERM": "dumb", "XDG_CONFIG_HOME": folder.name, "XDG_DATA_HOME": folder.name}
        self.script = self.folder / self.file_name
        self.script.write_bytes(subprocess.run([VOLLEY, "completion", self.name], stdout=subprocess.PIPE, check=True).stdout)

    def call(self, *command):
        done = subprocess.run(command, cwd=self.work, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def words(self, line):
        return {word for word, _ in self.ask(line)}

    def described(self, line):
        return {word: text for word, text in self.ask(line)}

    def test_the_script_is_one_that_the_shell_can_read(self):
        self.call(self.program, "-n", str(self.script))

    def test_verbs(self):
        self.assertEqual(self.words("volley "), VERBS)
        self.assertEqual(self.words("volley ru"), {"run"})
        self.assertEqual(self.words("volley help se"), {"serve"})
        self.assertEqual(self.words("volley completion "), {"bash", "zsh", "fish"})

    def test_flags_are_those_of_the_verb(self):
        self.assertEqual(self.words("volley serve --"), {"--kind", "--host", "--port", "--processes", "--log", "--video", "--fault", "--rtc-port", "--max-calls",
            "--max-calls-per-address", "--max-pixels", "--call-idle", "--stun", "--advertise", "--audio", "--record-to", "--cors", "--reload", "--routes",
                                                         "--print-settings", "--help", "--version"})
        self.assertEqual(self.words("volley run --s"), {"--server", "--seed", "--samples"})
        self.assertEqual(self.words("volley post :8000/x --auth"), {"--auth", "--auth-type"})
        self.assertLessEqual({"-j", "-a", "-v"}, self.words("volley post -"))

    def test_a_method_or_url_without_a_verb_takes_the_flags_of_requests(self):
        self.assertEqual(self.words("volley REPORT :8000/x --pre"), {"--pretty"})
        self.assertEqual(self.words("volley --pre"), {"--pretty"})

    def test_the_value_of_a_flag_is_not_the_verb(self):
        self.assertEqual(self.words("volley -o get serve --ki"), {"--kind"})

    def test_every_flag_that_help_shows_is_offered(self):
        for verb in "post", "offer", "run", "serve", "help":
            text = subprocess.run([VOLLEY, verb, "--help"], capture_output=True, text=True, check=True).stdout
            flags = {word.split("=")[0] for line in text.splitlines() for word in line.split()[:2] if word.startswith("--")}
            # The line on what may stand anywhere.
            self.assertEqual(self.words(f"volley {verb} --"), flags - {"--no-NAME"})

    def test_values(self):
        self.assertEqual(self.words("volley serve --kind "), {"coroutine", "pool:4", "serial"})
        self.assertEqual(self.words("volley get -A "), {"basic", "bearer", "digest"})
        self.assertEqual(self.words("volley get --http-version "), {"1.0", "1.1", "2"})
        self.assertEqual(self.words("volley get --pretty co"), {"colors"})
        self.assertLessEqual({"yes", "no"}, self.words("volley get --verify "))
        self.assertEqual(self.words("volley serve --port "), set())

    def test_values_behind_an_equals_sign(self):
        self.assertEqual({w.removeprefix("--pretty=") for w in self.words("volley get --pretty=co")}, {"colors"})
        self.assertEqual({w.removeprefix("--kind=") for w in self.words("volley serve --kind=")}, {"coroutine", "pool:4", "serial"})

    def test_files(self):
        self.assertIn("mine.yaml", self.words("volley get -o mi"))
        self.assertIn("mine.yaml", self.words("volley get --cert "))
        self.assertTrue(any(w.endswith("mine.yaml") for w in self.words("volley post :8000/x photo@mi")))

    def test_scenarios_are_offered_and_other_files_not(self):
        self.assertEqual({word.rstrip("/") for word in self.words("volley run m")}, {"mine.yaml", "more"})

    def test_names_come_from_the_scenario_file(self):
        self.assertEqual(self.words("volley run mine.yaml --server "), {"fibre", "pool4"})
        self.assertEqual(self.words("volley run mine.yaml --only "), {"greet"})
        self.assertEqual(self.words("volley run mine.yaml -e "), {"sleep="})
        self.assertFalse((self.work / "hurt").exists())


class Describing(Shell):
    """Shells that show what a word means."""

    def test_descriptions(self):
        self.assertIn("run scenarios", self.described("volley ru")["run"])
        self.assertIn("print the answer's head only", self.described("volley get --headers")["--headers"])


class Bash(Shell, unittest.TestCase):
    name, file_name = "bash", "volley.bash"
    program = "/usr/bin/bash"

    def ask(self, line):
        return [(word, "") for word in self.call(self.program, "-c", BASH, "bash", str(self.script), line).splitlines() if word]

    def test_what_readline_has_cut_off_is_not_repeated(self):
        # Words break at `:`, so what replaces "4" in "pool:4" is "4".
        self.assertEqual(self.words("volley serve --kind pool:"), {"4"})

    def test_blanks_in_names_stay_in_one_word(self):
        self.assertEqual(self.words("volley get -o my"), {"my notes.txt"})

    def test_shellcheck_has_nothing_to_say(self):
        self.call("/usr/bin/shellcheck", "-s", "bash", str(self.script))


class Zsh(Describing, unittest.TestCase):
    name, file_name = "zsh", "_volley"
    program = "/usr/bin/zsh"

    def ask(self, line):
        (self.folder / "capture.zsh").write_text(ZSH_CAPTURE)
        text = self.call(self.program, "-f", "-c", ZSH, "zsh", str(self.folder), line)
        body = text.split("<begin>")[-1].split("<end>")[0]
        found = []
        for entry in body.splitlines():
            if entry.startswith("<") and entry.rstrip().endswith(">"):
                word, _, shown = entry.strip()[1:-1].partition("|")
                found.append((word, shown))
        return found

    def test_it_may_be_sourced_as_well(self):
        self.call(self.program, "-f", "-c", f"autoload -Uz compinit; compinit -D -u; source {self.script}; (( $+_comps[volley] ))")


class Fish(Describing, unittest.TestCase):
    name, file_name = "fish", "volley.fish"
    program = "/usr/bin/fish"

    def ask(self, line):
        text = self.call(self.program, "--private", "-c", f"source {self.script}; complete -C '{line}'")
        return [tuple((entry + "\t").split("\t")[:2]) for entry in text.splitlines()]


if __name__ == "__main__":
    unittest.main()
