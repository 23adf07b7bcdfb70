/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of both formats. A name that is not here is told as not understood. */
#include "register/intake/words.h"

#include <string.h>

/* Source: report.cybertip.org/ispws/documentation (what providers send); format A. */
static const char *const provider_names[] = {"report",
                                             "batchedReport",
                                             "reason",
                                             "incidentSummary",
                                             "incidentType",
                                             "platform",
                                             "escalateToHighPriority",
                                             "reportAnnotations",
                                             "incidentDateTime",
                                             "incidentDateTimeDescription",
                                             "sextortion",
                                             "csamSolicitation",
                                             "minorToMinorInteraction",
                                             "possibleSelfProduction",
                                             "spam",
                                             "sadisticOnlineExploitation",
                                             "informational",
                                             "internetDetails",
                                             "webPageIncident",
                                             "url",
                                             "additionalInfo",
                                             "thirdPartyHostedContent",
                                             "emailIncident",
                                             "emailAddress",
                                             "content",
                                             "newsgroupIncident",
                                             "chatImIncident",
                                             "chatClient",
                                             "chatRoomName",
                                             "onlineGamingIncident",
                                             "gameName",
                                             "console",
                                             "cellPhoneIncident",
                                             "phoneNumber",
                                             "latitude",
                                             "longitude",
                                             "nonInternetIncident",
                                             "peer2peerIncident",
                                             "client",
                                             "ipCaptureEvent",
                                             "fileNames",
                                             "lawEnforcement",
                                             "fleaCountry",
                                             "agencyName",
                                             "caseNumber",
                                             "officerContact",
                                             "reportedToLe",
                                             "servedLegalProcessDomestic",
                                             "servedLegalProcessInternational",
                                             "reporter",
                                             "reportingPerson",
                                             "contactPerson",
                                             "companyTemplate",
                                             "termsOfService",
                                             "legalURL",
                                             "personOrUserReported",
                                             "personOrUserReportedPerson",
                                             "vehicleDescription",
                                             "espIdentifier",
                                             "espService",
                                             "compromisedAccount",
                                             "screenName",
                                             "displayName",
                                             "profileUrl",
                                             "profileBio",
                                             "deviceId",
                                             "thirdPartyUserReported",
                                             "priorCTReports",
                                             "groupIdentifier",
                                             "estimatedLocation",
                                             "allEmailsReported",
                                             "associatedAccount",
                                             "accountType",
                                             "thirdPartyUser",
                                             "victim",
                                             "schoolName",
                                             "intendedRecipient",
                                             "firstName",
                                             "middleName",
                                             "lastName",
                                             "phone",
                                             "email",
                                             "address",
                                             "age",
                                             "ageAssertionDiscrepancy",
                                             "dateOfBirth",
                                             "ipAddress",
                                             "eventName",
                                             "dateTime",
                                             "possibleProxy",
                                             "port",
                                             "idType",
                                             "idValue",
                                             "type",
                                             "verified",
                                             "verificationDate",
                                             "countryCallingCode",
                                             "extension",
                                             "timestamp",
                                             "city",
                                             "region",
                                             "countryCode",
                                             "country",
                                             "state",
                                             "nonUsaState",
                                             "zipCode",
                                             "addressLine1",
                                             "addressLine2",
                                             "street",
                                             "postalCode",
                                             "fileDetails",
                                             "reportId",
                                             "fileId",
                                             "originalFileName",
                                             "uploadedToEspTimestamp",
                                             "locationOfFile",
                                             "fileViewedByEsp",
                                             "exifViewedByEsp",
                                             "publiclyAvailable",
                                             "fileRelevance",
                                             "fileAnnotations",
                                             "industryClassification",
                                             "originalFileHash",
                                             "hashType",
                                             "details",
                                             "nameValuePair",
                                             "name",
                                             "value",
                                             "xsi",
                                             "noNamespaceSchemaLocation",
                                             "schemaLocation"};

/* Source: two public readers of the JSON that law enforcement downloads; format B. */
static const char *const download_names[] = {"dateReceived",
                                             "reportedInformation",
                                             "reportingEsp",
                                             "espName",
                                             "incidentDetails",
                                             "webpageIncident",
                                             "additionalInformations",
                                             "reportedPeople",
                                             "reportedPersons",
                                             "intendedRecipients",
                                             "uploadedFiles",
                                             "preferredName",
                                             "approximateAge",
                                             "gender",
                                             "espUserId",
                                             "emails",
                                             "phones",
                                             "addresses",
                                             "street1",
                                             "street2",
                                             "relationshipToChildVictim",
                                             "accessToChildVictim",
                                             "accessToChildren",
                                             "convictedSexOffender",
                                             "awareOfReport",
                                             "sourceInformation",
                                             "sourceCaptures",
                                             "captureType",
                                             "filename",
                                             "originalFilename",
                                             "submittalId",
                                             "verificationHash",
                                             "viewedByEsp",
                                             "ncmecTags",
                                             "groups",
                                             "tags",
                                             "espMetadata",
                                             "metadatas"};

/* The first that fits holds. */
static const cu_tip_word words[] = {
    {NULL, "ipAddress", CU_TIP_IDENTIFIER, "ip"},
    {"sourceCaptures", "value", CU_TIP_TYPED, NULL},
    {"emails", "value", CU_TIP_IDENTIFIER, "email"},
    {"phones", "value", CU_TIP_IDENTIFIER, "phone"},
    {"screenName", "value", CU_TIP_IDENTIFIER, "screen-name"},
    {"nameValuePair", "value", CU_TIP_TYPED, NULL},
    {"reportingPerson", "email", CU_TIP_KNOWN, NULL}, /* staff of the sender: not needed */
    {"contactPerson", "email", CU_TIP_KNOWN, NULL},
    {"reportingPerson", "phone", CU_TIP_KNOWN, NULL},
    {"contactPerson", "phone", CU_TIP_KNOWN, NULL},
    {NULL, "email", CU_TIP_IDENTIFIER, "email"},
    {NULL, "phone", CU_TIP_IDENTIFIER, "phone"},
    {NULL, "phoneNumber", CU_TIP_IDENTIFIER, "phone"},
    {NULL, "screenName", CU_TIP_IDENTIFIER, "screen-name"},
    {NULL, "espIdentifier", CU_TIP_IDENTIFIER, "user-id"},
    {NULL, "espUserId", CU_TIP_IDENTIFIER, "user-id"},
    {NULL, "idValue", CU_TIP_IDENTIFIER, "device"},
    {NULL, "profileUrl", CU_TIP_IDENTIFIER, "url"},
    {NULL, "url", CU_TIP_IDENTIFIER, "url"},
    {NULL, "verificationHash", CU_TIP_IDENTIFIER, "md5"},
    {NULL, "originalFileHash", CU_TIP_HASH, NULL},
    {NULL, "reportId", CU_TIP_REPORT, NULL},
    {NULL, "incidentType", CU_TIP_INCIDENT, NULL},
    {NULL, "incidentDateTime", CU_TIP_INCIDENT_TIME, NULL},
    {NULL, "platform", CU_TIP_SERVICE, NULL},
    {NULL, "espName", CU_TIP_SERVICE, NULL},
    {NULL, "possibleSelfProduction", CU_TIP_CHILD, NULL},
    {NULL, "minorToMinorInteraction", CU_TIP_CHILD, NULL},
    {NULL, "escalateToHighPriority", CU_TIP_URGENT, NULL},
};

static bool is_name(const char *name, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(name, word, n) == 0;
}

static bool known_name(const char *name, size_t n)
{
    for (size_t i = 0; i < CU_COUNT_OF(provider_names); i++) {
        if (is_name(name, n, provider_names[i]))
            return true;
    }
    for (size_t i = 0; i < CU_COUNT_OF(download_names); i++) {
        if (is_name(name, n, download_names[i]))
            return true;
    }
    return false;
}

const cu_tip_word *cu_tip_word_of(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const leaf = slash == NULL ? path : slash + 1;
    const char *parent = slash == NULL ? path : slash;

    while (parent > path && parent[-1] != '/')
        parent--;

    const size_t parent_length = slash == NULL ? 0 : (size_t)(slash - parent);

    for (size_t i = 0; i < CU_COUNT_OF(words); i++) {
        if (strcmp(words[i].leaf, leaf) == 0 &&
            (words[i].parent == NULL || is_name(parent, parent_length, words[i].parent)))
            return &words[i];
    }
    return NULL;
}

const char *cu_tip_unknown_name(const char *path, cu_arena *arena)
{
    for (const char *at = path; *at != '\0';) {
        const size_t n = strcspn(at, "/");
        const char *name = at;
        size_t length = n;

        if (length > 0 && name[0] == '@') {
            name++;
            length--;
        }
        if (length > 4 && memcmp(name, "xsi:", 4) == 0) {
            name += 4;
            length -= 4;
        }
        if (!(length >= 5 && memcmp(name, "xmlns", 5) == 0) && !known_name(name, length))
            return cu_arena_text(arena, at, n);
        at += n + (at[n] == '/');
    }
    return NULL;
}
