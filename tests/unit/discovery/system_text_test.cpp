// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/system_text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace muster;

TEST_CASE("system_text: numbers stand alone") {
  CHECK(parse_system_number("42\n") == 42u);
  CHECK(parse_system_number("  7 ") == 7u);
  for (auto bad :
       {"", "\n", "-1", "12x", "1 2", "99999999999999999999", "0x10"})
    CHECK_FALSE(parse_system_number(bad));
}

TEST_CASE("system_text: mounts, also with blanks in their names") {
  auto found = parse_mounts(
    "36 35 98:0 / /mnt\\040one rw,noatime master:1 shared:2 - ext3 /dev/r rw\n"
    "37 35 0:21 / /proc rw - proc proc rw\n"
    "38 35 8:1 /part /srv ro - xfs /dev/sda1 rw\n"
    "39 35 8:2 / /ro rw - xfs /dev/sda2 ro,x\n");
  REQUIRE(found.size() == 4);
  CHECK(found[0] == mount_entry{"98:0", "/mnt one", "ext3", true, true});
  CHECK(found[1].device == "0:21");
  CHECK(found[2] == mount_entry{"8:1", "/srv", "xfs", false, false});
  CHECK_FALSE(found[3].writable);
}

TEST_CASE("system_text: what is no mount is left out") {
  CHECK(parse_mounts("").empty());
  CHECK(parse_mounts("\n\n").empty());
  CHECK(parse_mounts("36 35 98:0 / /mnt rw,noatime master:1").empty());
  CHECK(parse_mounts("36 35 98 / /mnt rw - ext3 /dev/root rw").empty());
  CHECK(parse_mounts("36 35 9:x / /mnt rw - ext3 /dev/root rw").empty());
  CHECK(parse_mounts("36 35 98:0 / mnt rw - ext3 /dev/root rw").empty());
  CHECK(parse_mounts("damaged\n1 2 8:1 / /a rw - x y rw\n-").size() == 1);
}

TEST_CASE("system_text: processors") {
  auto x = parse_cpu_times("cpu  10 1 5 80 3 0 1 0 4 0\ncpu0 1 1 1\n");
  REQUIRE(x);
  CHECK(x->total == 100);
  CHECK(x->busy == 17);
  for (auto bad : {"", "cpu", "cpu 1 2 3 4", "cpu0 1 2 3 4 5 6 7 8",
                   "cpu 1 2 3 4 -5 6 7 8", "intr 1 2 3 4 5 6 7 8"})
    CHECK_FALSE(parse_cpu_times(bad));
}

TEST_CASE("system_text: pressure") {
  CHECK(parse_pressure("some avg10=12.34 avg60=0.00 total=1\nfull avg10=9.00")
        == 123u);
  CHECK(parse_pressure("some avg10=100.00 avg60") == 1000u);
  for (auto bad : {"", "full avg10=1.00", "some avg60=1.00", "some avg10=1",
                   "some avg10=1.0", "some avg10=x.00", "some avg10=101.00"})
    CHECK_FALSE(parse_pressure(bad));
}

TEST_CASE("system_text: a device's busy time is the tenth number") {
  CHECK(parse_busy_milliseconds("1 2 3 4 5 6 7 8 9 1234 11 0\n") == 1234u);
  CHECK_FALSE(parse_busy_milliseconds("1 2 3 4 5 6 7 8 9"));
  CHECK_FALSE(parse_busy_milliseconds("1 2 3 4 x 6 7 8 9 10"));
  CHECK_FALSE(parse_busy_milliseconds(""));
}

TEST_CASE("system_text: names of devices") {
  CHECK(parse_uevent("MAJOR=8\nDEVNAME=sda1\n", "DEVNAME") == "sda1");
  CHECK_FALSE(parse_uevent("MAJOR=8\nXDEVNAME=sda1\n", "DEVNAME"));
  CHECK_FALSE(parse_uevent("DEVNAME=", "DEVNAME"));
}

TEST_CASE("system_text: what computes, and what only shows a console") {
  CHECK(is_gpu("0x030200\n", "0x10de\n"));
  CHECK(is_gpu("0x030000\n", "0x1002\n"));
  CHECK(is_gpu("0x120000\n", "0x1da3\n"));
  CHECK_FALSE(is_gpu("0x030000\n", "0x1a03\n")); // a baseboard controller
  CHECK_FALSE(is_gpu("0x020000\n", "0x10de\n")); // a network card
  CHECK_FALSE(is_gpu("", ""));
}

TEST_CASE("system_text: no text is too damaged") {
  rc::check("any bytes", [](const std::string& text) {
    static_cast<void>(parse_system_number(text));
    static_cast<void>(parse_mounts(text + " - " + text));
    static_cast<void>(parse_cpu_times("cpu " + text));
    static_cast<void>(parse_pressure("some avg10=" + text));
    static_cast<void>(parse_busy_milliseconds(text));
    static_cast<void>(parse_uevent(text, "DEVNAME"));
  });
}
