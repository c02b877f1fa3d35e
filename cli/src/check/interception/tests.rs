use super::*;

const ALIASES: &str =
    "127.0.0.1 localhost\n127.0.0.1\tapi.openai.com # agentguard\n::1 api.openai.com\n127.0.0.1 half.test\n";

fn told(mode_name: &str, asked: &[&str], environment: &[(&str, &str)]) -> Vec<Finding> {
    let hosts = ["api.openai.com", "half.test", "*.llm.test"].map(str::to_owned);
    let asked: Vec<String> = asked.iter().map(|host| (*host).to_owned()).collect();
    let environment: Environment =
        environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    look(&Question { mode: mode(mode_name), hosts: &hosts, asked: &asked }, &environment, ALIASES)
}

fn of<'f>(findings: &'f [Finding], what: &str) -> &'f Finding {
    findings.iter().find(|finding| finding.what == what).unwrap()
}

#[test]
fn every_mode_says_what_is_judged_what_is_not_and_what_clients_need() {
    for name in MODES {
        let findings = told(name, &[], &[("HTTPS_PROXY", "http://user:secret@127.0.0.1:19002")]);
        for what in ["judged", "passes unread", "clients need"] {
            assert_eq!(of(&findings, what).standing, Standing::Fine, "{name}: {what}");
        }
        assert!(findings.iter().all(|finding| !finding.detail.contains("secret")));
    }
    assert!(of(&told("transparent", &[], &[]), "judged").detail.contains("*.llm.test"));
    assert_eq!(of(&told("connect", &[], &[]), "HTTPS_PROXY").standing, Standing::Failed);
}

#[test]
fn a_host_is_told_by_the_list_and_in_hosts_mode_by_the_hosts_file() {
    let findings = told("transparent", &["api.openai.com", "eu.llm.test", "bank.test"], &[]);
    assert!(of(&findings, "api.openai.com").detail.contains("judged, as openai"));
    assert!(of(&findings, "eu.llm.test").detail.contains("judged"));
    assert!(of(&findings, "bank.test").detail.contains("passes unread"));
    let findings = told("hosts", &["api.openai.com", "half.test"], &[]);
    assert_eq!(of(&findings, "api.openai.com").standing, Standing::Fine);
    assert_eq!(
        of(&findings, "half.test").standing,
        Standing::Failed,
        "without ::1 an IPv6 lookup goes to DNS"
    );
    assert!(
        of(&told("base-url", &["api.openai.com"], &[]), "api.openai.com").detail.contains("19003/openai")
    );
}

#[test]
fn a_pattern_that_cannot_be_read_is_wrong() {
    let hosts = ["*.com".to_owned()];
    let question = Question { mode: mode("hosts"), hosts: &hosts, asked: &[] };
    assert_eq!(look(&question, &Environment::new(), "")[0].standing, Standing::Wrong);
}
