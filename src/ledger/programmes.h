#pragma once
// Programmes: who issues vouchers, from which fund, for what. One file each in data/programmes.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "units/money.h"
#include "units/result.h"

namespace granary {

struct Programme {
  std::string id;  // "city-2026"
  std::string name;
  std::string issuer;  // whose money it is: account CITY:<issuer>
  std::string asset = "CNY";
  Money fund;                         // appropriated when the programme is configured
  std::vector<std::string> purposes;  // vouchers may be limited to these or fewer; empty: any
  Standing standing = Standing::declared;
  std::string source;
};

// What work may be paid for, in the order of the help text: pretrain, finetune, serve, run (a
// program of the tenant's own).
const std::vector<std::string>& known_purposes();

// Reads the documents of the folder programmes; others are not looked at. Errors name file, line
// and fix (G1030..G1034): unknown key, missing source, unknown purpose, a fund that is not an
// amount, a duplicate id.
Result<std::map<std::string, Programme>> parse_programmes(std::span<const Document>);

}  // namespace granary
