# usrsctp, SCTP in user space: target Usrsctp::usrsctp. Its makers give it a pkg-config file and nothing for CMake.
find_path(Usrsctp_INCLUDE_DIR usrsctp.h)
find_library(Usrsctp_LIBRARY usrsctp)
mark_as_advanced(Usrsctp_INCLUDE_DIR Usrsctp_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Usrsctp REQUIRED_VARS Usrsctp_LIBRARY Usrsctp_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Debian has it in libusrsctp-dev")
if(Usrsctp_FOUND AND NOT TARGET Usrsctp::usrsctp)
  add_library(Usrsctp::usrsctp UNKNOWN IMPORTED)
  set_target_properties(Usrsctp::usrsctp PROPERTIES IMPORTED_LOCATION ${Usrsctp_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Usrsctp_INCLUDE_DIR})
endif()
