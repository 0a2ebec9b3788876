"""The HTML report in a real browser."""

import re
import shutil

import pytest

from tests.audit.sketches import ADMIN, inline, statement, write

HOSTILE = [
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=1">',
    "evil\u202egnp.exe",
    "'; alert(1) //",
    "x" * 128,
    "$title ${title}",
    "=HYPERLINK(1)",
]
SKETCH = {
    "UserDetailList": [
        {"UserName": "alice", "GroupList": ["AllUsers"], "UserPolicyList": inline(statement("*"))},
        {"UserName": "bob", "AttachedManagedPolicies": [ADMIN]},
        *({"UserName": name} for name in HOSTILE),
    ],
    "GroupDetailList": [{"GroupName": "AllUsers"}],
}


@pytest.fixture
def page(account, audit, tmp_path):
    path = tmp_path / "report.html"
    audit(account(SKETCH), "--common-group", "AllUsers", "--format", "html", "-o", path)
    return path


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Start Chromium with an empty profile; with or without JavaScript."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("there is no chromium with a chromedriver on this machine")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    started = []

    def browser(javascript=True):
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        profile = tmp_path_factory.mktemp("profile")
        for flag in (
            "headless",
            "no-sandbox",
            "disable-gpu",
            "disable-background-networking",
            f"user-data-dir={profile}",
        ):
            options.add_argument(f"--{flag}")
        options.add_argument("--window-size=1300,900")
        settings = {"download.default_directory": str(tmp_path_factory.mktemp("downloads"))}
        if not javascript:
            settings["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", settings)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        started.append(webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)))
        return started[-1]

    yield browser
    for one in started:
        one.quit()


@pytest.fixture(scope="module")
def scripted(start):
    return start()


@pytest.fixture
def browser(scripted, page):
    scripted.get(page.as_uri())
    return scripted


def cards(browser):
    found = browser.find_elements("css selector", ".card")
    return [card.find_element("css selector", "bdi").text for card in found if card.is_displayed()]


def choose(browser, rule):
    browser.find_element("xpath", f"//nav//span[text()='{rule}']").click()


def test_a_rule_of_the_menu_filters_the_users_and_marks_the_offending_value(browser):
    choose(browser, "user-with-inline-policy")
    assert cards(browser) == ["alice"]
    fact = browser.find_element("css selector", ".card.r0 .f-inline")
    other = browser.find_element("css selector", ".card.r0 .f-attached")
    assert fact.find_element("css selector", "dd").text == "1"
    assert fact.value_of_css_property("background-color") != other.value_of_css_property("background-color")
    assert "Why it matters" in browser.find_element("css selector", ".a0").text


def test_the_filters_work_without_javascript(start, page):
    browser = start(javascript=False)
    browser.get(page.as_uri())
    assert not browser.find_element("id", "tools").is_displayed()
    assert "alice" in cards(browser)
    choose(browser, "user-with-attached-policy")
    assert cards(browser) == ["bob"]


def test_search_keeps_what_holds_every_word(browser):
    browser.find_element("id", "search").send_keys("attached arn:aws:iam::aws:policy/AdministratorAccess")
    wait(lambda: cards(browser) == ["bob"])


def test_severities_can_be_switched_off(browser):
    everything = len(cards(browser))
    for label in browser.find_elements("css selector", "label.kind"):
        if not label.text.startswith("error"):
            label.click()
    assert cards(browser) == ["alice"]
    assert everything > 1


def test_cards_sort_by_name(browser):
    browser.find_element("css selector", "#sort option[value=name]").click()
    names = cards(browser)
    assert names.index("alice") < names.index("bob")


def test_rules_can_be_chosen_by_keyboard(browser):
    down = "\ue015"
    browser.find_element("id", "all").send_keys(down)
    assert cards(browser) == ["alice", "bob"]  # the topic: user policies
    browser.find_element("id", "t0").send_keys(down)
    assert cards(browser) == ["alice"]  # its first rule


def test_hostile_names_stay_text(browser):
    names = cards(browser)
    for name in HOSTILE:
        assert name.replace("\u202e", "\\u202e") in names
    assert browser.title == "IAM audit of account 123456789012"
    assert not browser.find_elements("css selector", "main img, main script")


def test_the_csv_has_the_rows_that_are_shown_and_no_formulas(browser):
    browser.execute_script(
        "URL.createObjectURL = blob => { blob.text().then(t => window.copied = t); return 'blob:x'; }"
    )
    choose(browser, "user-not-in-common-group")
    browser.find_element("id", "csv").click()
    wait(lambda: browser.execute_script("return window.copied"))
    lines = browser.execute_script("return window.copied").splitlines()
    assert lines[0] == '"type","name","arn","result","rule","message","fix"'
    assert len(lines) == 1 + len(HOSTILE) + 1
    assert any(line.startswith('"user","\'=HYPERLINK') for line in lines)


def test_a_command_is_copied_by_a_click(browser):
    choose(browser, "user-with-attached-policy")
    command = next(code for code in browser.find_elements("css selector", ".fix") if code.is_displayed())
    command.click()
    wait(lambda: "copied" in command.get_attribute("class"))


def test_nothing_is_fetched_and_nothing_is_refused(browser):
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [entry for entry in browser.get_log("browser") if "Content Security" in entry["message"]] == []


def test_the_policy_allows_nothing_but_the_file_itself(page):
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    body = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert not re.search(r"""\b(?:src|style|on\w+)=["']|\bhref=(?!"#)""", body)


def test_it_holds_nobody_without_a_finding(account, audit, tmp_path):
    path = tmp_path / "report.html"
    users = [{"UserName": "innocent", "GroupList": ["AllUsers"]}, {"UserName": "outsider"}]
    sketch = {"UserDetailList": users, "GroupDetailList": [{"GroupName": "AllUsers"}]}
    audit(account(sketch), "--common-group", "AllUsers", "--format", "html", "-o", path)
    assert "outsider" in path.read_text(encoding="utf-8")
    assert "innocent" not in path.read_text(encoding="utf-8")


def wait(condition):
    from time import monotonic, sleep

    end = monotonic() + 5
    while not condition():
        assert monotonic() < end
        sleep(0.05)


def test_the_menu_which_scrolls_can_be_scrolled_from_the_keyboard(browser):
    """The rule `scrollable-region-focusable` of axe-core."""
    menu = browser.find_element("css selector", "nav")
    browser.execute_script("arguments[0].focus()", menu)
    assert browser.switch_to.active_element == menu
    assert menu.get_attribute("aria-label")


def test_a_command_that_destroys_is_marked(browser):
    marks = browser.find_elements("css selector", ".destructive + .fix")
    assert marks
    assert all(any(verb in (mark.get_attribute("textContent")) for verb in ("delete-", "detach-")) for mark in marks)


def test_everything_is_in_a_landmark(browser):
    """As the rule `region` of axe-core asks."""
    outside = browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => !e.closest('header,main,footer,script'))"
        ".map(e => e.outerHTML)"
    )
    assert outside == []
    assert len(browser.find_elements("css selector", "main main, main header, main footer")) == 0


WAYS = {
    "UserDetailList": [
        {"UserName": "chief", "AttachedManagedPolicies": [ADMIN]},
        {
            "UserName": HOSTILE[0],
            "UserPolicyList": inline(statement("iam:CreateAccessKey", resource="arn:aws:iam::123456789012:user/chief")),
        },
    ],
    "RoleDetailList": [{"RoleName": "app"}],
}


def test_the_account_at_a_glance_and_the_ways_are_first(scripted, account, audit, tmp_path):
    path = tmp_path / "ways.html"
    audit(account(WAYS), "--format", "html", "-o", path)
    scripted.get(path.as_uri())
    glance = [item.text for item in scripted.find_elements("css selector", ".glance li")]
    assert glance[0] == "1\nadministrators"
    assert glance[1] == "1\ncan become administrators"
    assert any(text.startswith("?") for text in glance)  # without a credential report nobody knows about MFA
    boxes = [box.get_attribute("textContent") for box in scripted.find_elements("css selector", "svg .box title")]
    assert boxes == [f"user/{HOSTILE[0]}", "user/chief", "administrator"]
    scripted.find_element("css selector", "svg a").click()
    assert scripted.execute_script("return document.querySelector(':target bdi').textContent") == HOSTILE[0]


def test_many_accounts_have_a_table_by_topic(audit, tmp_path, scripted):
    write(tmp_path / "fleet" / "unit" / "a", WAYS)
    (tmp_path / "fleet" / "b").mkdir()
    (tmp_path / "fleet" / "b" / "authorization-details.json").write_text("{")
    second = tmp_path / "fleet" / "c"
    write(second, {"UserDetailList": [{"UserName": "x"}]})
    for file in second.iterdir():
        file.write_text(file.read_text().replace("123456789012", "210987654321"))
    audit("fleet", "--format", "html", "-o", "fleet.html")
    scripted.get((tmp_path / "fleet.html").as_uri())
    rows = [row.text for row in scripted.find_elements("css selector", "tbody th")]
    assert rows[:2] == ["123456789012", "210987654321"]
    assert rows[2].endswith("fleet/b")
